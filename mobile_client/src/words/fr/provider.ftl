## Une offre

offer-title = Une offre
offer-where = Distance
offer-when = Quand
offer-distance = À { $distance } de chez vous
offer-lasts = { $time } environ
offer-net = pour vous, net
offer-net-none = À vous de dire le prix
offer-gross = Le client paie { $total }
offer-fee = Frais Jobbing
offer-trip = Dont { $trip } pour le trajet
offer-money-lines = Détail du prix
offer-site = Accès, étages, stationnement
offer-site-none = Le client n’a rien précisé sur les étages ni le stationnement.
offer-needs = Outils à apporter
offer-more = Tout ce que dit le client
offer-tasks = À faire
offer-photos = Photos du client
offer-outside-hours = C’est en dehors de vos heures habituelles. Acceptez seulement si cela vous va.
offer-left = Il reste { $time }
offer-days = { $days ->
    [one] 1 jour
   *[other] { $days } jours
}
offer-urgency-now = Tout de suite
offer-accept = Accepter
offer-accept-busy = On réserve…
offer-accepted = C’est pour vous !
offer-undo = Annuler
offer-undone = C’est annulé, sans aucune conséquence. D’autres sont prévenus.
offer-undo-left = Vous pouvez encore revenir en arrière pendant { $seconds } s.
offer-who = Quelqu’un d’autre viendra à votre place ?
offer-who-label = Prénom de la personne qui viendra
offer-who-hint = Laissez vide si c’est vous. Le client verra ce prénom avant la visite.
offer-decline = Non merci
offer-decline-title = Pourquoi pas celle-ci ?
offer-decline-text = Un refus ne vous coûte rien : il compte comme une réponse.
decline-price = Prix trop bas
decline-distance = Trop loin
decline-time = Pas à ce moment
decline-skill = Pas mon métier
decline-other = Une autre raison
offer-declined-toast = C’est noté, merci d’avoir répondu.
offer-offline-title = Pas de réseau pour accepter
offer-offline-text = Une acceptation ne part jamais plus tard toute seule : d’ici là, quelqu’un d’autre peut avoir pris le travail. Dès que le réseau revient, le bouton se réactive.
offer-back-online = Le réseau est revenu : vous pouvez accepter.
offer-unsure = On ne sait pas si votre réponse est arrivée. Réessayez : accepter deux fois ne réserve qu’une fois.
offer-taken-title = Quelqu’un a été plus rapide
offer-taken-text = Ce travail vient d’être pris. Cela ne change rien à vos chiffres ; d’autres offres arrivent.
offer-late-title = L’offre est terminée
offer-late-text = Le temps pour répondre est passé. Si le travail reste ouvert, on pourra vous le proposer de nouveau.
offer-conflict-title = Cette heure n’est plus libre
offer-conflict-text = Une autre visite est déjà prévue à ce moment et il n’y a pas d’autre créneau. Regardez votre journée.
offer-quote-required = Le client compare plusieurs réponses : envoyez votre prix.
offer-withdrawn-title = Ce travail n’est plus à prendre
offer-withdrawn-text = Quelqu’un l’a pris, ou le client l’a retiré. Cela ne compte pas contre vous.
offer-expired-title = Le temps de répondre est passé
offer-expired-text = Pas le temps de regarder ? Un « non merci » compte comme une réponse et vous garde bien placé.
offer-declined-title = Vous avez décliné
offer-declined-text = C’est une réponse comme une autre : elle ne vous coûte rien.
offer-accepted-title = Ce travail est à vous
offer-accepted-text = L’adresse exacte et les messages sont dans la fiche du travail.
offer-open-job = Ouvrir le travail
offer-back-to-list = Voir les autres offres
offer-see-day = Voir ma journée
offer-stand-by-title = Pouvez-vous vous tenir prêt ?
offer-stand-by-text = Celui qui devait venir ne répond plus. Si vous êtes prêt, vous serez demandé en premier. Les deux réponses sont sans conséquence.
offer-stand-by-yes = Oui, je suis prêt
offer-stand-by-no = Non, pas cette fois
offer-stand-by-ready = Vous vous tenez prêt. On vous prévient si l’on a besoin de vous.
offer-stand-by-not = Vous avez dit non. C’est noté.

## Un devis

quote-title = Votre prix
quote-send = Envoyer mon prix
quote-sent-title = Votre prix est parti
quote-sent-text = Le client compare les réponses. Vous serez prévenu de son choix, ou s’il propose un autre montant.
quote-way = Comment le dire
quote-way-sum = En une somme
quote-way-lines = Ligne par ligne
quote-amount = Prix tout compris
quote-amount-wrong = Entrez un montant en euros.
quote-lines = Lignes
quote-line-label = De quoi s’agit-il
quote-line-amount = Montant
quote-line-rate = Prix de l’heure
quote-line-minutes = Durée en minutes
quote-line-most = Au plus, sur ticket
quote-line-add-labour = + Main-d’œuvre
quote-line-add-supplies = + Fournitures
quote-line-add-call-out = + Déplacement
quote-line-add-option = + Autre
quote-line-labour = Main-d’œuvre
quote-line-supplies = Fournitures
quote-line-call-out = Déplacement
quote-line-option = Autre
quote-line-remove = Retirer
quote-total = Total
quote-steps = Les étapes, une par ligne
quote-steps-hint = Ce que vous ferez, dans l’ordre. Le client voit que vous savez comment vous y prendre.
quote-why = Pourquoi vous ?
quote-why-hint = Une phrase : ce que vous avez déjà fait de semblable.
quote-first = Première date possible
quote-first-hint = Laissez vide pour l’heure proposée dans l’offre.
quote-message = Un mot pour le client
quote-inspection = C’est pour venir voir d’abord
quote-inspection-hint = La somme comptera dans le prix des travaux qui suivent.
quote-more = Ajouter les étapes, une date, un mot
quote-counter-title = Le client propose { $amount }
quote-counter-text = Vous aviez dit { $mine }. Si vous dites non, votre prix reste.
quote-counter-yes = D’accord pour { $amount }
quote-counter-no = Non, je garde mon prix
quote-yours = Votre prix

## Lignes d’un prix

price-fixed = Prix du client
price-quote = Votre prix
price-labour = Main-d’œuvre
price-call-out = Déplacement
price-option = Option
price-surcharge = Majoration
price-supplies = Fournitures, au plus
price-counter = Ajustement
price-credit = Déjà payé
price-hourly = { $time } à { $rate } l’heure

## Les offres

offers-title = Offres
offers-live = { $count ->
    [0] Rien n’attend votre réponse
    [one] Une offre attend votre réponse
   *[other] { $count } offres attendent votre réponse
}
offers-open = Travaux ouverts près de chez vous
offers-open-text = Ils ne vous ont pas encore été proposés, mais ils sont dans votre rayon.
offers-open-show = Affichage
offers-as-list = Liste
offers-as-map = Carte
offers-map = Travaux ouverts sur la carte
offers-open-none = Aucun autre travail ouvert dans votre rayon en ce moment.
offers-open-hint = Passez en service : un travail ouvert vous est proposé dès qu’il correspond.
offers-none-title = Personne ne demande pour l’instant
offers-none-text = On vous demande dès qu’un travail correspond. Pour l’être plus souvent : passez en service, élargissez votre rayon, ajoutez des services.
offers-widen = Élargir mon rayon
offers-add-skills = Ajouter des services
offers-no-profile-title = Dites d’abord ce que vous faites
offers-no-profile-text = D’où vous partez, ce que vous savez faire, quand vous travaillez : trois minutes, et les offres peuvent arriver.
offers-no-profile-go = Commencer
offers-calendar-title = Vos heures sont-elles justes ?
offers-calendar-text = Nous avons supposé du lundi au samedi, de 8 h à 19 h. Confirmez, pour n’être demandé que lorsque vous pouvez.
offers-calendar-go = Vérifier mes heures
offers-quoted = Prix envoyés
offers-pause = Dix offres restées sans regard mettent les offres en pause : passer en service ou répondre les fait revenir.

duty = En service
duty-on = Les travaux « tout de suite » vous arrivent. Votre position est envoyée toutes les 30 s, seule la dernière est gardée, dix minutes au plus.
duty-off = Vous recevez les offres selon votre calendrier. En service, vous recevez aussi les travaux « tout de suite ».
duty-denied = La position est refusée dans les réglages : on part de votre base. Les offres selon votre calendrier arrivent toujours.
duty-unknown = La position est introuvable ici : on part de votre base en attendant.
duty-finding = Recherche de votre position…

## La journée

day-title = Ma journée
day-today = Aujourd’hui
day-tomorrow = Demain
day-none-title = Aucune visite prévue
day-none-text = Ce que vous acceptez apparaît ici, dans l’ordre, avec le trajet et la suite à donner.
day-none-today = Rien aujourd’hui. Profitez-en.
day-now = En cours
day-travel = { $distance } jusqu’à la suivante, environ { $time }
day-route = Itinéraire
day-open = Ouvrir
day-check-in = Donner des nouvelles
day-action-confirm = Confirmer la visite
day-action-go = Partir
day-action-start = Commencer
day-action-continue = Continuer
day-for = Pour { $name }
day-kept = Gardé sur ce téléphone, tel qu’à { $time }.

## Les revenus

earnings-title = Revenus
earnings-period = Période
earnings-by-day = Ce mois-ci, par jour
earnings-by-week = Trois mois, par semaine
earnings-earned = Gagné
earnings-earned-hint = Net des frais et des trajets
earnings-fees = Frais Jobbing
earnings-hours = Heures travaillées
earnings-per-hour = Par heure
earnings-total = Payé par les clients
earnings-received = Déjà reçu
earnings-trips = Trajets
earnings-chart = Gains par période
earnings-table = Voir le tableau
earnings-when = Quand
earnings-jobs = Travaux
earnings-none = Rien de terminé sur cette période. Le premier travail confirmé apparaîtra ici.
earnings-offers = Offres reçues : { $received } · répondues : { $answered } · visites obtenues : { $won }
standing-title = Votre niveau
standing-level = Niveau { $level }
standing-finished = { $count ->
    [one] Un travail terminé
   *[other] { $count } travaux terminés
}
standing-missing = Pour le niveau suivant
standing-top = Vous êtes au plus haut niveau.
standing-figures = Ce qui compte dans le classement
standing-rating = Note
standing-reliability = Fiabilité
standing-responsiveness = Réponses
standing-response-time = Délai de réponse
standing-none = Pas encore
statements-title = Relevés par mois
statements-none = Pas encore de relevé : il y en a un dès le premier travail terminé.
statements-jobs = { $count ->
    [one] un travail
   *[other] { $count } travaux
}
statements-csv = Tableau (CSV)
statements-pdf = PDF
statements-paid-unpaid = Pas encore payé
statements-paid-part-paid = Payé en partie
statements-paid-said = Payé, dit le client
statements-paid-received = Reçu
statements-paid-free = Rien à payer
statements-cancellation = Visite annulée

## Le profil

profile-title = Mon profil
profile-save = Enregistrer
profile-saved = C’est enregistré.
profile-changed = Votre profil a changé ailleurs entre-temps, sur un autre appareil peut-être. Reprenez à partir de ce qui est enregistré.
profile-reload = Reprendre ce qui est enregistré
profile-identity-checked = Identité vérifiée
profile-headline = En une ligne, ce que vous faites
profile-headline-hint = Par exemple : « Petits travaux et jardin, soigneux et à l’heure ».
profile-skills = Mes services et mes prix
profile-skills-none = Ajoutez au moins un service : c’est pour eux qu’on vous demande.
profile-skill-search = Ajouter un service
profile-skill-search-hint = Tapez « haie », « meuble », « fuite »…
profile-skill-remove = Retirer ce service
profile-skill-edit = Modifier { $name }
profile-price-kind = Façon de compter
profile-price-hourly = À l’heure
profile-price-flat = Forfait
profile-price-quote = Sur devis
profile-price-amount = Votre prix
profile-price-missing = Entrez un prix.
profile-call-out = Déplacement
profile-call-out-hint = 0 s’il est compris.
profile-options = Options
profile-option-label = Nom de l’option
profile-option-amount = Prix de l’option
profile-option-add = Ajouter une option
profile-option-remove = Retirer l’option
profile-price-each-hourly = { $price } l’heure
profile-price-each-flat = Forfait { $price }
profile-price-each-quote = Sur devis
profile-price-trip = + { $price } de déplacement
profile-terms = Mes conditions
profile-minimum = Visite au minimum
profile-minimum-hint = En dessous, on ne vous demande pas.
profile-evening = Majoration du soir
profile-sunday = Majoration du dimanche
profile-languages = Langues parlées
profile-tools = Ce que j’apporte
profile-tools-hint = On ne vous propose que ce que vos outils permettent.
profile-where-when = Où et quand
profile-reach = Mon rayon
profile-reach-radius = { $distance } autour de la base
profile-reach-area = Une zone dessinée
profile-hours = Mes heures
profile-hours-confirmed = Confirmées
profile-hours-assumed = À confirmer
profile-work = Mes réalisations
profile-work-text = Une photo avant, une après : rien ne convainc mieux.
profile-work-add = Ajouter une réalisation
profile-work-before = Avant
profile-work-after = Après
profile-work-caption = Ce qui a été fait
profile-work-remove = Retirer cette réalisation
profile-work-send = Montrer ce travail
profile-work-photo-missing = Il faut au moins la photo d’après.
profile-papers = Mes papiers
profile-papers-text = Une personne les vérifie. Personne d’autre ne voit les photos.
profile-papers-none = Aucun papier pour l’instant.
profile-paper-add = Remettre un papier
profile-paper-kind = Quel papier
profile-paper-issuer = Délivré par
profile-paper-issuer-missing = Dites qui l’a délivré.
profile-paper-number = Numéro
profile-paper-expires = Valable jusqu’au
profile-paper-expires-missing = Ce papier a une date de fin : entrez-la.
profile-paper-scan = Photo ou PDF
profile-paper-scan-missing = Ajoutez une photo ou un PDF.
profile-paper-send = Remettre
profile-paper-sent = Bien reçu : une personne va le vérifier.
profile-paper-remove = Retirer
profile-paper-remove-title = Retirer ce papier ?
profile-paper-remove-text = Il ne comptera plus, et sa photo sera effacée.
paper-R = Assurance responsabilité civile
paper-Q = Qualification
paper-D = Assurance décennale
paper-T = Registre des transporteurs
paper-A = Certificat animaux
paper-C = Certibiocide
paper-S = Déclaration services à la personne
paper-identity = Pièce d’identité
paper-registration = Immatriculation
paper-state-waiting = En vérification
paper-state-verified = Vérifié
paper-state-refused = Refusé
paper-state-expired = Expiré
paper-until = jusqu’au { $day }

## Première fois

first-title = Recevoir mes premières offres
first-step = Étape { $at } sur { $of }
first-next = Continuer
first-headline-missing = Dites en une ligne ce que vous faites.
first-base-title = D’où partez-vous ?
first-base-text = Vos trajets se comptent à partir d’ici. Personne d’autre ne voit ce point.
first-base-here = Utiliser ma position
first-base-search = Chercher une ville
first-base-map = Votre base sur la carte
first-base-missing = Placez votre base : par votre position, une ville ou la carte.
first-base-denied = La position n’est pas disponible. Cherchez votre ville ou touchez la carte.
first-skills-title = Que savez-vous faire ?
first-skills-text = Deux ou trois services suffisent pour commencer. Les prix se changent quand vous voulez.
first-reach-title = Jusqu’où allez-vous ?
first-reach-text = On ne vous demande jamais plus loin.
first-hours-title = Quand travaillez-vous ?
first-hours-text = Une habitude suffit ; vous l’affinerez ensuite.
first-done = Tout est prêt : les offres peuvent arriver.
first-finish = C’est bon, je commence

## Le rayon

reach-title = Mon rayon
reach-way = Façon de le dire
reach-way-radius = Un rayon
reach-way-area = Une zone dessinée
reach-way-base = Déplacer la base
reach-radius = Rayon : { $distance }
reach-map = Votre rayon sur la carte
reach-area-text = Touchez la carte coin par coin. Les coins se déplacent au doigt ou aux flèches.
reach-base-text = Touchez la carte là d’où vous partez, ou déplacez le repère.
reach-corners = { $count ->
    [0] Aucun coin
    [one] Un coin
   *[other] { $count } coins
}
reach-corner-remove = Retirer le dernier coin
reach-corners-clear = Tout effacer
reach-corners-few = Il faut au moins trois coins.
reach-travel = C’est environ { $time } de route au plus loin.

## Le calendrier

calendar-title = Mes heures
calendar-assumed = Ces heures sont supposées. Corrigez-les si besoin, puis confirmez : c’est alors que vous serez demandé.
calendar-confirm = Confirmer ces heures
calendar-presets = Partir d’une habitude
calendar-preset-weekdays = En semaine, 8 h – 18 h
calendar-preset-evenings = Le soir, 18 h – 21 h
calendar-preset-weekend = Le week-end, 9 h – 18 h
calendar-way = Affichage
calendar-way-drag = Glisser
calendar-way-fields = Champs
calendar-drag-text = Glissez le doigt sur les heures pour les ajouter ou les retirer.
calendar-all-day = Afficher aussi la nuit
calendar-grid = Ma semaine
calendar-off = Libre
calendar-from = De
calendar-to = À
calendar-add = Ajouter des heures
calendar-remove = Retirer
calendar-copy = Recopier sur toute la semaine
calendar-hours = { $hours } h par semaine
calendar-exceptions = Congés et exceptions
calendar-exceptions-none = Aucun congé prévu.
calendar-off-from = Premier jour
calendar-off-to = Dernier jour
calendar-off-add = Ajouter ce congé
calendar-off-wrong = Le dernier jour doit suivre le premier.
calendar-off-remove = Retirer ce congé
calendar-extra = En plus de vos heures
calendar-away = Absent
calendar-feed = Dans votre agenda
calendar-feed-text = Un lien secret qui montre vos visites dans l’agenda de votre téléphone. Qui a le lien voit vos visites.
calendar-feed-make = Créer le lien
calendar-feed-again = Refaire le lien
calendar-feed-again-text = L’ancien lien cesse de marcher.
calendar-feed-end = Arrêter
calendar-feed-once = Copiez-le maintenant : il n’est montré qu’une fois.
calendar-feed-copy = Copier le lien
calendar-feed-copied = Copié.
calendar-feed-url = Lien du calendrier
calendar-feed-since = Un lien existe depuis le { $day }.
