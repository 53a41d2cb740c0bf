# Jobbing, en français. On vouvoie, on parle simplement, on dit quoi faire ensuite.

## Partout

app-name = Jobbing
other-language = English
loading = Chargement…
go-back = Retour
go-home = Revenir à l’accueil
close = Fermer
leave-it = Non, laisser ainsi
try-again = Réessayer
look = Voir
skip-to-content = Aller au contenu
navigation = Navigation
toast-label = Messages
field-optional = (facultatif)
offline = Pas de réseau : vous voyez ce que ce téléphone a gardé.
update-ready = Une nouvelle version est prête.
update-now = Mettre à jour
unreachable-title = Personne ne répond
unreachable-text = Le réseau ou le serveur ne répond pas. Rien n’est perdu : réessayez dans un instant.
failure-title = Quelque chose a cassé
failure-text = Ce n’est pas de votre faute. Réessayez ; si cela continue, revenez un peu plus tard.
broken-text = Cet écran n’a pas pu s’ouvrir. Réessayez : vos travaux et vos messages sont en sécurité.
missing-title = Rien à cette adresse
missing-text = Le lien est peut-être ancien, ou ce qu’il montrait n’existe plus.

## Barre du bas

tab-offers = Offres
tab-day = Ma journée
tab-jobs = Mes travaux
tab-post = Demander
tab-earnings = Revenus
tab-me = Moi
offers-waiting = { $count ->
    [one] une offre attend votre réponse
   *[other] { $count } offres attendent votre réponse
}

## Accueil et connexion

welcome-title = Un petit travail à faire ? Un voisin s’en charge.
welcome-text = Une gouttière, une haie, une armoire à monter : décrivez, et quelqu’un de proche répond.
welcome-near = Des gens du quartier, libres quand il faut
welcome-price = Le prix connu avant de dire oui
welcome-trust = Notés par ceux qu’ils ont aidés
welcome-post = Demander un travail
welcome-work = Proposer mes services
welcome-sign-in = J’ai déjà un compte
sign-in = Se connecter
sign-in-new = Pas encore de compte ?
sign-in-again-title = Reconnectez-vous
sign-in-again-text = Votre session est terminée. Après la connexion, vous reviendrez exactement ici.
sign-up = Créer un compte
sign-up-send = Créer mon compte
sign-up-known = Déjà un compte ?
sign-up-role = Vous venez pour…
role-resident = Faire faire un travail
role-provider = Travailler
display-name = Prénom ou nom affiché
display-name-hint = C’est ainsi que les autres vous verront.
email = Adresse e-mail
password = Mot de passe
password-hint = Dix caractères au moins ; une petite phrase convient très bien.
name-missing = Dites comment vous appeler.
email-wrong = Cette adresse e-mail semble incomplète.
password-missing = Entrez votre mot de passe.
password-short = Il faut dix caractères au moins.
too-long = C’est trop long.
forgotten = Mot de passe oublié ?
forgotten-text = Nous vous envoyons un lien pour en choisir un nouveau.
forgotten-send = Envoyer le lien
forgotten-sent-title = Regardez vos e-mails
forgotten-sent-text = Si { $email } a un compte, un lien vient de partir. Il est valable une heure.

## Notes et photos

rating-none = Nouveau
rating-aloud = Noté { $mean } sur 5, { $count ->
    [one] un avis
   *[other] { $count } avis
}
stars = { $stars ->
    [one] une étoile
   *[other] { $stars } étoiles
}
photos = Photos
photo-number = Photo { $number } sur { $of }
photo-document = Document
photo-add = Ajouter une photo
photo-remove = Retirer la photo { $number }

## Carte

map-loading = La carte arrive…
map-your-pin = Le repère : les flèches du clavier le déplacent
map-handle = Le rayon : les flèches du clavier l’agrandissent
map-corner = Coin

## Notifications

offer-arrived = Une offre pour vous
offer-look = Regarder l’offre
push-why-resident = Soyez prévenu dès que quelqu’un répond
push-why-provider = Recevez les offres même quand l’application est fermée
push-promise = Seulement ce qui vous concerne, jamais de publicité. Aucun nom ni adresse ne s’affiche sur l’écran verrouillé.
push-allow = Autoriser les notifications
push-home-screen-title = Sur iPhone, une étape de plus
push-home-screen-share = Touchez « Partager » en bas de Safari
push-home-screen-add = puis « Sur l’écran d’accueil »
push-home-screen-open = Ouvrez Jobbing depuis sa nouvelle icône
push-not-denied = Les notifications sont bloquées dans les réglages de cet appareil. Tant que l’application est ouverte, elle regarde d’elle-même toutes les quelques secondes.
push-not-unable = Ce navigateur ne sait pas notifier. Gardez l’application ouverte : elle regarde d’elle-même toutes les quelques secondes.
push-not-unset = Ce serveur n’envoie pas de notifications aux navigateurs. Gardez l’application ouverte : elle regarde d’elle-même toutes les quelques secondes.
