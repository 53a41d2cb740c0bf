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
unfilled-asked-again = C’est reparti : nous redemandons tout de suite.
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
matching-end-title = Annuler cette demande ?
matching-end-text = Plus personne ne sera prévenu, et les prix reçus sont perdus. Cela ne coûte rien.
matching-end-yes = Oui, annuler
