# Demander un travail, comparer, suivre.

## Personne n’est venu

remedy-another-day = Plutôt { $detail }
remedy-higher-price = Proposer { $detail }
remedy-choose = Recevoir des devis et choisir
remedy-wait-list = Me prévenir quand quelqu’un se libère
remedies-reach = { $count ->
    [one] Une personne pourrait venir
    [20] 20 personnes ou plus pourraient venir
   *[other] { $count } personnes pourraient venir
}
remedies-might = { $count ->
    [0] Personne ne le fait encore près de chez vous
    [one] Une personne le fait, mais n’a pas le temps
    [20] 20 personnes ou plus le font, mais n’ont pas le temps
   *[other] { $count } personnes le font, mais n’ont pas le temps
}
unfilled-title = Personne n’est encore disponible
unfilled-asked-again = C’est reparti : nous redemandons tout de suite.
unfilled-waits = Vous êtes sur la liste d’attente jusqu’au { $until }. Nous vous prévenons dès que quelqu’un peut venir.
unfilled-stop-waiting = Ne plus attendre
unfilled-same-again = Redemander sans rien changer

## En cours de recherche

matching-title = Nous cherchons quelqu’un
matching-since = Demande lancée { $ago }
matching-looking-for-whom = Nous choisissons à qui demander
matching-asked = { $count ->
    [one] Une personne proche est prévenue
   *[other] { $count } personnes proches sont prévenues
}
matching-within = à { $distance } au plus
matching-nobody-looked = Personne ne l’a encore ouverte
matching-looked = { $count ->
    [one] Une personne l’a regardée
   *[other] { $count } personnes l’ont regardée
}
matching-no-answer = Pas encore de réponse
matching-declined = { $count ->
    [one] Une personne ne peut pas
   *[other] { $count } personnes ne peuvent pas
}
matching-no-price = Pas encore de prix
matching-prices = { $count ->
    [one] Une personne a donné son prix
   *[other] { $count } personnes ont donné leur prix
}
matching-next-choose = Les prix arrivent ici au fur et à mesure. Vous comparez, puis vous choisissez.
matching-next-now = La première personne qui accepte vient tout de suite. Gardez votre téléphone près de vous.
matching-next-instant = La première personne qui accepte aura le travail. Si personne ne répond, nous demandons plus loin.
matching-more-to-come = { $count ->
    [one] Une autre sera prévenue ensuite.
   *[other] { $count } autres seront prévenues ensuite.
}
matching-compare = { $count ->
    [one] Voir la réponse
   *[other] Comparer les { $count } réponses
}
matching-end = Annuler la demande
matching-end-title = Annuler cette demande ?
matching-end-text = Plus personne ne sera prévenu, et les prix reçus sont perdus. Cela ne coûte rien.
matching-end-yes = Oui, annuler

## Demander un travail

post-steps = Étapes
post-progress = Étape { $at } sur { $of }
post-mark-what = Quoi
post-mark-details = Détails
post-mark-where = Où, quand
post-mark-price = Prix
post-step-what = De quoi avez-vous besoin ?
post-step-example = Lequel ressemble au vôtre ?
post-step-details = Quelques détails
post-step-where = Où et quand ?
post-step-price = À quel prix ?
post-on = Continuer
post-change = Changer
post-drop = Effacer
post-drop-title = Effacer cette demande ?
post-drop-text = Tout ce que vous avez écrit ici disparaît, photos comprises.
post-search = Chercher un travail
post-search-example = Haie, armoire, fuite…
post-found = { $count ->
    [one] un résultat
   *[other] { $count } résultats
}
post-nothing-found = Rien à ce nom
post-nothing-found-text = Essayez un mot plus simple, ou « petits travaux » : tout y entre.
post-example-text = Choisissez le plus proche : presque tout sera rempli. Vous pourrez tout changer.
post-about = environ { $time }
post-none-of-these = Rien de tout cela, je décris
post-chosen = Votre choix
post-title-label = En une ligne
post-title-hint = Sans nom ni adresse : c’est ce que lisent les personnes contactées.
post-title-suggested = { $category } – { $preset }
post-photos-hint = Une photo évite bien des questions. Le lieu de prise de vue est effacé.
post-tasks = Ce qu’il y a à faire
post-more = Plus de précisions
post-text = Autre chose à savoir ?
post-text-hint = À quoi reconnaît-on un travail bien fait ?
post-length = Durée prévue
post-needs = Matériel à apporter
post-number-wrong = Un nombre entre { $least } et { $most }.
post-yes = Oui
post-no = Non
post-where = Où ?
post-my-position = Ma position
post-on-map = Sur la carte
post-position-denied = Cet appareil ne partage pas sa position. Cherchez votre commune, ou touchez la carte.
post-position-failed = La position est introuvable ici. Cherchez votre commune, ou touchez la carte.
post-place-search = Chercher une commune ou un quartier
post-place-example = Villeurbanne
post-place-none = Aucun lieu de ce nom. Vérifiez l’orthographe, ou touchez la carte.
post-place-first = D’abord le lieu
post-map = Carte : touchez l’endroit du travail
post-pin = le repère
post-placed = Lieu : { $place }. Touchez la carte pour corriger.
post-press-the-map = Touchez l’endroit sur la carte.
post-outside-title = Nous ne sommes pas encore là
post-outside-text = Pour l’instant, nous travaillons ici : { $towns }. Choisissez un lieu dans cette zone.
post-address = Adresse
post-address-hint = Seule la personne qui vient la verra. Les autres voient le quartier.
post-access = Étage, ascenseur, stationnement
post-access-text = Comment entrer ?
post-access-ground = Rez-de-chaussée
post-access-lift = Ascenseur
post-access-no-lift = Sans ascenseur
post-access-parking = Stationnement facile
post-when = Quand ?
post-when-now = Tout de suite
post-when-today = Aujourd’hui
post-when-tomorrow = Demain
post-when-weekend = Ce week-end
post-when-week = Dans la semaine
post-when-choose = Choisir
post-day = Jour
post-part = Moment de la journée
post-part-day = Toute la journée
post-part-morning = Le matin
post-part-afternoon = L’après-midi
post-part-evening = En soirée
post-too-late = Il est trop tard pour ce moment-là : choisissez-en un autre, ou une durée plus courte.
post-budget = Votre budget
post-budget-fixed = Prix fixe
post-budget-hourly = À l’heure
post-budget-quotes = Devis
post-budget-says-fixed = Vous payez ce montant pour le travail entier, déplacement compris.
post-budget-says-hourly = Chacun a son tarif : jamais plus que ce montant par heure.
post-budget-says-quotes = Chacun propose son prix, vous choisissez.
post-amount-fixed = Montant pour tout le travail
post-amount-hourly = Au plus, par heure
post-amount-wrong = Entrez un montant, par exemple 60.
post-amount-later = Avec un compte, nous vous proposons un montant d’après les prix d’ici.
post-review = Vous y êtes. Voici à quoi vous attendre : vérifiez le montant, puis envoyez.
post-guidance = D’habitude entre { $low } et { $high } ici.
post-mode = Qui vient ?
post-mode-instant = Le premier qui accepte
post-mode-choose = Je choisis
post-mode-says-instant = Le plus rapide : la première bonne personne qui accepte a le travail.
post-mode-says-choose = Vous comparez jusqu’à cinq réponses (note, prix, date), puis vous choisissez.
post-languages = Langue parlée
post-languages-hint = La personne devra parler au moins une de ces langues. Sans choix, peu importe.
post-nothing-binds = Demander ne coûte rien, et s’annule tant que personne n’a accepté.
post-send = Envoyer la demande
post-waits = Votre demande n’a peut-être pas été reçue. Envoyez-la encore : elle ne partira qu’une fois.
post-who = Plus qu’à savoir qui vous êtes
post-who-text = Un compte pour que l’on vous réponde. Ce que vous avez écrit est gardé.
post-who-to-see = Avec un compte, vous voyez qui pourrait venir, quand et à quel prix. Rien n’est encore envoyé.

## Ce à quoi s’attendre

promise-title = À quoi vous attendre
promise-sign-in = Qui pourrait venir, quand, pour combien : créez un compte pour le voir avant d’envoyer.
promise-see = Voir qui pourrait venir
promise-who = Qui
promise-could-come = { $count ->
    [one] Une personne pourrait venir
    [20] 20 personnes ou plus pourraient venir
   *[other] { $count } personnes pourraient venir
}
promise-outside-hours = { $count ->
    [one] Une autre peut-être, hors de ses horaires
   *[other] { $count } autres peut-être, hors de leurs horaires
}
promise-when = Quand
promise-first = Au plus tôt { $when }
promise-cost = Combien
promise-price = Tout compris, entre { $low } et { $high }
promise-price-unknown = Trop peu de prix connus ici pour en donner un
promise-basis-finished-jobs = D’après { $count } travaux semblables.
promise-basis-providers-prices = D’après les tarifs de { $count } personnes.
promise-credit = Environ { $cost } après crédit d’impôt, si la personne est déclarée.
promise-answer = Réponse
promise-wait = Première réponse en { $time } environ
promise-wait-unknown = Trop peu de demandes semblables pour dire quand on vous répondra
promise-nobody = Personne ne pourrait venir ainsi
promise-post-anyway = Vous pouvez envoyer quand même : vous pourrez alors attendre que quelqu’un se libère.

## Mes travaux

board-title = Mes travaux
board-post = Demander un travail
board-empty-title = Un petit travail à faire ?
board-empty-text = Décrivez-le en une minute : quelqu’un de proche répond.
board-more = Voir la suite
board-with = avec { $name }
board-shelf-mine = À vous de jouer
board-shelf-coming = À venir
board-shelf-matching = En recherche
board-shelf-done = Terminés
board-next-help = Voir ce qui aiderait
board-next-confirm = Vérifiez le travail, puis confirmez
board-next-answer-reschedule = Un autre horaire vous est proposé
board-next-unblock = On attend quelque chose de vous
board-next-dispute = Suivre le litige
board-next-wait-prices = Les prix arrivent
board-next-wait-answer = Les personnes proches sont prévenues
board-next-on-my-way = En route vers vous
board-next-visit = Rien à faire avant la visite
board-next-under-way = Le travail est en cours
job-state-open = En recherche
job-state-assigned = Prévu
job-state-in_progress = En cours
job-state-finished = À confirmer
job-state-completed = Terminé
job-state-unfilled = Sans réponse
job-state-cancelled = Annulé
job-state-disputed = En litige
series-title = Travaux réguliers
series-skip = Sauter
series-skip-day = Sauter { $day }
series-restore = Remettre
series-restore-day = Remettre { $day }
series-missed = Non demandé
series-end = Arrêter la série
series-end-title = Arrêter cette série ?
series-end-text = Plus rien ne sera demandé. Ce qui est déjà demandé reste.

## Comparer

answers-title = Les réponses
answers-over = Le choix est fait
answers-to-job = Voir le travail
answers-none = Pas encore de prix
answers-none-text = Ils apparaissent ici dès qu’ils arrivent. Vous pouvez fermer l’application.
answers-at-a-glance = Les réponses en un coup d’œil
answers-who = Qui
answers-price = Prix
answers-date = Date
answers-rating = Note
answers-distance = Distance
answers-response = Temps de réponse
answers-somebody = Une personne proche
answers-inspection = Pour venir voir ; déduit du travail qui suivra.
answers-all-in = Tout compris.
answers-credit = { $cost } après crédit d’impôt.
answers-best-price = Le moins cher
answers-best-distance = Le plus proche
answers-best-date = Le plus tôt
answers-best-rating = Le mieux noté
answers-best-response = Le plus réactif
answers-first = Au plus tôt { $when }
answers-within = à { $distance } au plus
answers-response-in = Répond en { $time } environ
answers-steps = Comment, et en combien de temps
answers-why = Pourquoi { $name } ?
answers-reviews = Ce que d’autres en disent
answers-choose = Choisir { $name }
answers-counter = Proposer un autre prix
answers-write = Écrire
answers-sure = Choisir { $name } ?
answers-sure-text = { $amount }, au plus tôt { $when }. Les autres réponses sont closes.
answers-counter-open = Vous avez proposé { $amount }. Le prix d’origine tient jusqu’à la réponse.
answers-counter-agreed = Votre prix de { $amount } est accepté.
answers-counter-refused = Votre prix de { $amount } n’a pas été accepté. Celui d’origine tient.
answers-counter-text = Une seule fois, entre { $least } et { $most }.
answers-counter-amount = Votre prix
answers-counter-bounds = Entre { $least } et { $most }.
answers-counter-send = Proposer ce prix
answers-counter-sent = Proposé. La réponse arrive ici.

## Une personne

provider-title = Profil
provider-level = Niveau { $level }
provider-visits = Visites
provider-visits-count = { $count ->
    [0] Pas encore de visite
    [one] Une visite faite
   *[other] { $count } visites faites
}
provider-since = Depuis { $month }
provider-redo = { $share } à reprendre
provider-languages = Langues
provider-tools = Matériel
provider-papers = Papiers vérifiés
provider-paper-until = Valable jusqu’en { $month }
provider-portfolio = Déjà réalisé
provider-does = Ce que cette personne fait
provider-reviews = Avis
provider-no-reviews = Pas encore d’avis. Chacun commence un jour.
provider-reply = Sa réponse
provider-favour = Mettre en favori
provider-favoured = En favori
provider-favour-text = Vos favoris sont prévenus avant les autres.
provider-report = Signaler
provider-report-why = Pourquoi ?
provider-report-text = Que s’est-il passé ?
provider-report-send = Envoyer le signalement
provider-reported = Merci. Une personne va regarder, et vous répondra.
provider-block = Ne plus proposer
provider-block-title = Ne plus proposer { $name } ?
provider-block-text = Vous ne serez plus mis en relation. La personne n’en saura pas la raison.
provider-blocked = { $name } ne vous sera plus proposé.
provider-unblock = Annuler
report-reason-false = C’est faux
report-reason-fraud = Arnaque
report-reason-insult = Insultes
report-reason-private = Données privées
report-reason-spam = Publicité
report-reason-other = Autre chose
paper-kind-R = Assurance responsabilité civile
paper-kind-Q = Qualification professionnelle
paper-kind-D = Garantie décennale
paper-kind-T = Inscription au registre des transports
paper-kind-A = Certificat pour les animaux
paper-kind-C = Certibiocide
paper-kind-S = Déclaré pour les services à la personne
paper-kind-identity = Identité
paper-kind-registration = Entreprise enregistrée
