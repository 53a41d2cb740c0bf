# Toutes les phrases lues en français. L'anglais est à côté, avec les mêmes identifiants et valeurs.
# Règles : dire ce qui s'est passé, puis quoi faire. Ne jamais accuser. Une notification ne nomme
# ni personne, ni adresse, ni lieu précis, car elle s'affiche sur des écrans verrouillés.

### Problèmes : un titre et un détail pour chaque identifiant

problem-not-found-title = Introuvable
problem-not-found-detail = Il n'y a rien ici que vous puissiez voir. Vérifiez l'adresse ou revenez à votre liste.

problem-not-allowed-title = Accès refusé
problem-not-allowed-detail = Votre compte ne permet pas cette action. Connectez-vous avec un compte qui a le rôle voulu.

problem-sign-in-required-title = Connectez-vous
problem-sign-in-required-detail = Connectez-vous, puis réessayez.

problem-wrong-credentials-title = Adresse e-mail ou mot de passe incorrect
problem-wrong-credentials-detail = Vérifiez les deux et réessayez, ou demandez un lien pour choisir un nouveau mot de passe.

problem-session-revoked-title = Vous avez été déconnecté
problem-session-revoked-detail = Par sécurité, cette session est terminée. Reconnectez-vous pour continuer.

problem-invalid-token-title = Ce lien ou ce jeton ne fonctionne plus
problem-invalid-token-detail = Il a expiré, a déjà servi ou est incomplet. Reconnectez-vous ou demandez un nouveau lien.

problem-email-taken-title = Cette adresse e-mail a déjà un compte
problem-email-taken-detail = Connectez-vous avec son mot de passe. Si vous ne le connaissez pas, demandez un lien pour en choisir un nouveau.

problem-account-suspended-title = Ce compte est suspendu
problem-account-suspended-detail = Il ne peut pas être utilisé pour le moment. Écrivez à l'équipe de votre ville pour savoir pourquoi et que faire.

problem-invalid-input-title = Quelque chose ne convient pas dans la demande
problem-invalid-input-detail = Corrigez les champs indiqués dans « errors », puis renvoyez-la.

problem-outside-markets-title = Personne n'intervient encore à cet endroit
problem-outside-markets-detail = Ce lieu est hors des zones desservies. Votre demande est comptée : elle nous aide à choisir où ouvrir ensuite.

problem-illegal-move-title = Impossible dans l'état actuel
problem-illegal-move-detail =
    { $state ->
        [open] La mission est encore ouverte.
        [assigned] La mission est déjà attribuée.
        [in_progress] La mission est en cours.
        [finished] La mission est terminée et attend d'être confirmée.
        [completed] La mission est close.
        [unfilled] La mission n'a trouvé personne.
        [cancelled] La mission est annulée.
        [disputed] La mission fait l'objet d'un litige.
        [pending] La proposition n'a pas encore été envoyée.
        [sent] La proposition attend une réponse.
        [seen] La proposition attend une réponse.
        [quoted] Un prix a déjà été proposé.
        [accepted] La proposition est acceptée.
        [declined] La proposition est refusée.
        [expired] La proposition a expiré.
        [withdrawn] La proposition est retirée.
       *[other] La situation a changé entre-temps.
    } Actualisez pour voir ce qui est possible maintenant.

problem-profile-required-title = Complétez d'abord votre profil de prestataire
problem-profile-required-detail = Indiquez d'où vous partez et ce que vous faites, puis réessayez.

problem-already-taken-title = Quelqu'un a été plus rapide
problem-already-taken-detail = Un autre prestataire vient d'accepter cette mission. Cela ne change rien à votre classement ; regardez ce qui reste ouvert.

problem-offer-expired-title = Cette proposition a expiré
problem-offer-expired-detail = Le délai de réponse est passé. Regardez quelles autres missions sont ouvertes près de vous.

problem-calendar-conflict-title = Vous n'êtes plus libre à ce moment-là
problem-calendar-conflict-detail = Il ne reste aucun créneau libre dans votre agenda pendant la période demandée. Modifiez votre agenda ou refusez la proposition.

problem-wrong-code-title = Ce code ne convient pas
problem-wrong-code-detail = Ce n'est pas le dernier que nous avons envoyé, ou ses dix minutes sont passées. Relisez le SMS, ou demandez un autre code.

problem-undo-over-title = Il est trop tard pour annuler
problem-undo-over-detail = On peut revenir sur une acceptation aussitôt, avant le début du travail. Ensuite, annulez la mission.

problem-too-early-title = C'est encore un peu tôt
problem-too-early-detail = Cela se dit seulement à l'approche de l'heure convenue, ou quelque temps après. Attendez encore un peu, puis signalez-le.

problem-nothing-asked-title = Il n'y a rien à répondre
problem-nothing-asked-detail = Personne ne demande d'autre heure, ou plus maintenant. Regardez la mission de nouveau.

problem-fee-changed-title = C'est plus cher à présent
problem-fee-changed-detail = Annuler coûte davantage que ce qui vous avait été annoncé. Regardez la mission de nouveau, puis confirmez si vous le voulez toujours.

problem-wrong-start-code-title = Ce ne sont pas les quatre chiffres
problem-wrong-start-code-detail = Demandez à la personne de les relire dans l'application. S'ils ont changé, les nouveaux y sont.

problem-quote-required-title = Un prix est attendu
problem-quote-required-detail = Pour cette mission, le particulier compare plusieurs réponses. Envoyez votre prix au lieu d'accepter.

problem-version-mismatch-title = Cela a changé entre-temps
problem-version-mismatch-detail = Une modification a eu lieu depuis votre lecture. Actualisez, regardez ce qui a changé et renvoyez la vôtre.

problem-version-required-title = Indiquez la version que vous modifiez
problem-version-required-detail = Lisez la ressource, puis répétez la demande avec son ETag dans If-Match.

problem-idempotency-key-reused-title = Cette clé a servi à une autre demande
problem-idempotency-key-reused-detail = La même Idempotency-Key est déjà venue avec un autre contenu. Prenez une nouvelle clé pour une nouvelle demande.

problem-still-running-title = La même demande est encore en cours
problem-still-running-detail = Attendez une seconde, puis répétez-la avec la même Idempotency-Key.

problem-unavailable-title = Indisponible pour le moment
problem-unavailable-detail = Une partie du service ne répond pas. Réessayez dans un instant.

problem-bad-request-title = La demande n'est pas compréhensible
problem-bad-request-detail = Comparez-la à la description de l'interface, corrigez-la et renvoyez-la.

problem-bad-json-title = Le corps n'est pas du JSON valide
problem-bad-json-detail = Envoyez un seul document JSON en UTF-8, sans NaN ni Infinity.

problem-method-not-allowed-title = Cette méthode n'existe pas ici
problem-method-not-allowed-detail = Utilisez l'une des méthodes de l'en-tête Allow.

problem-not-acceptable-title = Format inconnu
problem-not-acceptable-detail = Les réponses sont en JSON. Acceptez application/json et application/problem+json.

problem-payload-too-large-title = La demande est trop volumineuse
problem-payload-too-large-detail = Envoyez moins de données à la fois.

problem-unsupported-media-type-title = Ce type de contenu n'est pas compris
problem-unsupported-media-type-detail = Envoyez du JSON avec Content-Type: application/json.

problem-not-a-picture-title = Ce n'est pas une image que nous acceptons
problem-not-a-picture-detail = Envoyez l'image elle-même comme corps de la demande, en JPEG, PNG ou WebP. Un téléphone qui garde du HEIC sait donner un JPEG. Les justificatifs peuvent être en PDF.

problem-photo-too-large-title = Cette photo est trop lourde
problem-photo-too-large-detail =
    { $most_megabytes ->
        [unsaid] Envoyez-en une plus légère.
       *[said] Elle peut peser { $most_megabytes } Mo au plus. Envoyez-en une plus légère.
    }

problem-too-many-photos-title = Trop de photos attendent d'être utilisées
problem-too-many-photos-detail =
    { $most_waiting ->
        [unsaid] Utilisez ou retirez quelques-unes de celles que vous avez envoyées, ou attendez demain.
       *[said] { $most_waiting } photos que vous avez envoyées ne servent encore nulle part. Utilisez-en ou retirez-en quelques-unes, ou attendez demain.
    }

problem-paper-required-title = Il manque un justificatif
problem-paper-required-detail = Cette ville exige des justificatifs qui ne sont pas vérifiés, ou pas valables à cette heure. Déposez ce qui manque et réessayez.

problem-too-many-papers-title = Trop de justificatifs
problem-too-many-papers-detail = Il y a trop de justificatifs ici. Retirez-en d'abord.

problem-photo-frozen-title = Cette photo reste
problem-photo-frozen-detail = D'autres ont agi d'après ce qu'elle montre, elle ne peut plus être retirée. Elle disparaît d'elle-même six mois après la fin de la mission ; celle d'un justificatif part avec lui.

problem-link-expired-title = Ce lien a expiré
problem-link-expired-detail = Relisez la mission, la proposition ou le profil qui montre la photo : vous y trouverez un nouveau lien.

problem-link-invalid-title = Ce lien n'est pas complet
problem-link-invalid-detail = Relisez la mission, la proposition ou le profil qui montre la photo, et prenez le lien tel quel.

problem-rate-limited-title = Trop de demandes
problem-rate-limited-detail = Attendez le temps indiqué par Retry-After, puis réessayez.

problem-internal-error-title = Une erreur s'est produite de notre côté
problem-internal-error-detail = Vous n'y êtes pour rien. Réessayez ; si cela se reproduit, donnez-nous ce numéro : { $request_id }.

### Courriels

mail-verify-email-subject = Confirmez votre adresse e-mail
mail-verify-email-body =
    Bonjour,

    Confirmez que cette adresse est bien la vôtre en ouvrant ce lien :

    { $link }

    Le lien est valable { $hours ->
        [one] une heure
       *[other] { $hours } heures
    }. Si vous n'avez pas créé de compte, vous n'avez rien à faire.

    Jobbing

mail-reset-password-subject = Choisissez un nouveau mot de passe
mail-reset-password-body =
    Bonjour,

    Un nouveau mot de passe a été demandé pour cette adresse. Si c'est vous, ouvrez ce lien pour le choisir :

    { $link }

    Le lien fonctionne une seule fois, pendant { $hours ->
        [one] une heure
       *[other] { $hours } heures
    }. Tous vos appareils seront déconnectés. Si ce n'est pas vous, vous n'avez rien à faire : votre mot de passe ne change pas.

    Jobbing

mail-unreached-body =
    { $said }

    { $link }

    Vous recevez ce message parce qu'aucun de vos téléphones n'a pu être joint. Ouvrez l'application sur votre téléphone pour être de nouveau prévenu par là ; dans les préférences, vous dites ce qui peut vous être envoyé.

    Jobbing

### Text messages

text-code = Votre code Jobbing est { $code }. Il est valable { $minutes } minutes. Personne de Jobbing ne vous le demandera.
text-unreached = Jobbing. { $title }. { $said } { $link }

### Notifications

push-offer-title = Une mission près de chez vous
push-offer-body = { $category } à { $distance }, { $when } : { $price }.

push-offer-outside-hours-title = En dehors de vos horaires ?
push-offer-outside-hours-body = { $category } à { $distance }, { $when } : { $price }. Seulement si cela vous convient : ne pas répondre ne coûte rien.

push-offer-withdrawn-title = Proposition retirée
push-offer-withdrawn-body = Cette mission n'est plus proposée. Vous n'avez rien à faire.

push-job-assigned-title = Votre mission est acceptée
push-job-assigned-body =
    { $when ->
        [unsaid] Quelqu'un vient.
       *[said] Quelqu'un vient { $when }.
    }

push-job-booked-title = La mission est à vous
push-job-booked-body =
    { $when ->
        [unsaid] Elle est dans votre agenda. Vous trouverez l'adresse dans l'application.
       *[said] Elle est dans votre agenda : { $when }. Vous trouverez l'adresse dans l'application.
    }

push-message-title = Un message
push-message-body = { $category } : quelque chose vous attend.

push-job-taken-title = Mission déjà prise
push-job-taken-body = Quelqu'un d'autre a accepté en premier. Cela ne change rien à votre classement.

push-job-unfilled-title = Personne pour l'instant
push-job-unfilled-body =
    { $reason ->
        [unsaid] Changez le jour, le prix ou la façon de demander, puis relancez.
       *[said] { $reason }
    }

push-job-repeated-title = { $category }, comme prévu
push-job-repeated-body = Pour { $when } : nous demandons qui peut venir. Vous pouvez encore annuler.

push-repeat-missed-title = { $category } : pas demandé cette fois
push-repeat-missed-body = Personne n'a pu être sollicité pour { $when }. Publiez à nouveau si besoin.

push-wait-list-free-title = Quelqu'un pourrait venir
push-wait-list-free-body = { $category } : quelqu'un est disponible, à qui nous n'avions pas encore demandé. Relancer la demande ?

push-provider-dropped-out-title = Votre prestataire ne peut plus venir
push-provider-dropped-out-body = Nous contactons déjà d'autres personnes. Vous n'avez rien à faire.

push-acceptance-undone-title = Pas tout à fait
push-acceptance-undone-body = La personne qui avait accepté est aussitôt revenue sur sa décision. Nous contactons déjà d'autres personnes. Vous n'avez rien à faire.

push-visit-missed-title = Vous étiez attendu
push-visit-missed-body = Personne n'est venu à l'heure convenue, et d'autres sont contactés. Si c'est une erreur, écrivez à l'équipe de votre ville.

push-visit-confirm-title = Votre visite tient-elle ?
push-visit-confirm-body =
    { $when ->
        [unsaid] Vous êtes attendu. Confirmez dans l'application que vous venez, ou libérez l'heure.
       *[said] Vous êtes attendu { $when }. Confirmez dans l'application que vous venez, ou libérez l'heure.
    }

push-visit-confirm-now-title = Venez-vous ?
push-visit-confirm-now-body = Vous êtes attendu dans une demi-heure et n'avez pas confirmé. Confirmez maintenant : d'autres personnes sont mises en réserve.

push-visit-soon-title = Votre rendez-vous
push-visit-soon-body =
    { $when ->
        [unsaid] Quelqu'un va venir. Les quatre chiffres à donner à la porte sont dans l'application.
       *[said] Quelqu'un vient { $when }. Les quatre chiffres à donner à la porte sont dans l'application.
    }

push-visit-confirmed-title = Votre rendez-vous tient
push-visit-confirmed-body = Votre prestataire a confirmé sa venue.

push-visit-unconfirmed-title = Pas encore confirmé
push-visit-unconfirmed-body =
    { $backups ->
        [0] Votre prestataire n'a pas confirmé malgré notre demande. Nous insistons. Personne d'autre n'est en réserve ; si personne ne vient, nous contactons aussitôt d'autres personnes.
        [one] Votre prestataire n'a pas confirmé malgré notre demande. Nous insistons, et une autre personne est mise en réserve.
       *[other] Votre prestataire n'a pas confirmé malgré notre demande. Nous insistons, et { $backups } autres personnes sont mises en réserve.
    }

push-visit-late-title = Toujours personne ?
push-visit-late-body = L'heure est passée et votre prestataire ne nous a pas dit qu'il est en route. Si personne ne vient, nous contactons d'autres personnes ; vous n'avez rien à faire.

push-visit-late-under-way-title = Un peu de retard
push-visit-late-under-way-body =
    { $arrival ->
        [unsaid] Votre prestataire est en route, plus tard que convenu.
       *[said] Votre prestataire est en route et pense arriver à { $arrival }.
    }

push-visit-overdue-title = Vous êtes attendu
push-visit-overdue-body = L'heure convenue est passée. Dites que vous êtes en route, ou libérez la mission pour que d'autres soient contactés.

push-visit-moved-title = Votre rendez-vous est déplacé
push-visit-moved-body =
    { $when ->
        [unsaid] Vous êtes convenus d'une autre heure. Elle est dans l'application.
       *[said] C'est convenu : le rendez-vous est désormais { $when }.
    }

push-reschedule-asked-title = Une autre heure ?
push-reschedule-asked-body =
    { $when ->
        [unsaid] On vous demande une autre heure. Tant que vous n'acceptez pas, l'heure actuelle tient.
       *[said] On vous demande si { $when } conviendrait. Tant que vous n'acceptez pas, l'heure actuelle tient.
    }

push-reschedule-refused-title = L'heure ne change pas
push-reschedule-refused-body = L'heure demandée ne convient pas à l'autre personne. Le rendez-vous reste comme convenu.

push-substitute-asked-title = Quelqu'un d'autre peut-il venir ?
push-substitute-asked-body = On vous demande si une autre personne peut venir. Personne ne vient à la place sans votre accord écrit.

push-substitute-agreed-title = Une autre personne peut venir
push-substitute-agreed-body = L'habitant a accepté par écrit la personne que vous avez nommée.

push-substitute-refused-title = Personne d'autre, merci
push-substitute-refused-body = L'habitant préfère la personne prévue. Sa réponse est dans l'application.

push-start-code-changed-title = Un nouveau code
push-start-code-changed-body = Votre code a été saisi plusieurs fois de travers : un nouveau vous attend dans l'application. Ne le donnez qu'à la personne à votre porte.

push-nobody-home-title = Vous n'étiez pas là
push-nobody-home-body = Votre prestataire a attendu à votre porte. La mission est terminée, au prix annoncé dans l'application. Si c'est une erreur, écrivez à l'équipe de votre ville.

push-stand-by-asked-title = Pourriez-vous dépanner ?
push-stand-by-asked-body = { $category }, { $when } : la personne qui l'a pris ne répond plus. Dites si vous pourriez venir à sa place ; répondre ne coûte rien.

push-points-review-title = Quelqu'un à qui parler
push-points-review-body = Un prestataire a annulé ou manqué plusieurs rendez-vous au dernier moment. Écoutez-le avant toute chose.

push-paper-waiting-title = Un justificatif à examiner
push-paper-waiting-body = Quelqu'un a déposé un justificatif. Merci de vérifier qu'il est bien ce qu'il dit.

push-paper-verified-title = Votre justificatif compte
push-paper-verified-body = { $paper } : une personne a vérifié votre justificatif.

push-paper-refused-title = Votre justificatif n'est pas retenu
push-paper-refused-body = { $paper } : une personne a examiné votre justificatif ; la raison du refus est dans l'application.

push-paper-ending-title = Un justificatif arrive à son terme
push-paper-ending-body =
    { $days ->
        [0] { $paper } : dernier jour de validité. Déposez le suivant pour ne rien perdre.
        [1] { $paper } : valable jusqu'à demain. Déposez le suivant pour ne rien perdre.
       *[other] { $paper } : encore { $days } jours de validité. Déposez le suivant pour ne rien perdre.
    }

push-report-made-title = Un signalement
push-report-made-body = Quelqu'un pense qu'un contenu n'a pas sa place. Merci d'y jeter un œil.

push-report-kept-title = Votre signalement
push-report-kept-body = Une personne a examiné ce que vous avez signalé : cela reste.

push-report-hidden-title = Votre signalement
push-report-hidden-body = Une personne a examiné ce que vous avez signalé : c'est retiré. Merci.

push-job-waits-title = Une mission que personne ne prend
push-job-waits-body = { $category } : peu de gens vivent par là, tous ont été contactés, et personne n'a accepté jusqu'ici. Un appel peut aider.

push-offers-paused-title = Toujours là ?
push-offers-paused-body = Vous n'avez pas regardé les dernières propositions, nous avons donc cessé d'en envoyer. Ouvrez l'application pour en recevoir de nouveau.

push-job-cancelled-title = Mission annulée
push-job-cancelled-body =
    { $when ->
        [unsaid] La mission est annulée. Le créneau est de nouveau libre dans votre agenda, et cela ne compte pas contre vous.
       *[said] La mission prévue { $when } est annulée. Le créneau est de nouveau libre dans votre agenda, et cela ne compte pas contre vous.
    }

push-on-my-way-title = En route
push-on-my-way-body = Votre prestataire est en route vers chez vous.

push-job-started-title = Le travail a commencé
push-job-started-body = Votre prestataire a commencé votre mission.

push-check-in-asked-title = Un mot en cours de route ?
push-check-in-asked-body = Une photo et une phrase disent au particulier où vous en êtes. Cela prend dix secondes.

push-work-progress-title = Des nouvelles de votre mission
push-work-progress-body = Votre prestataire dit où il en est. Jetez-y un œil.

push-work-blocked-title = Votre mission attend quelque chose
push-work-blocked-body = Votre prestataire ne peut pas continuer pour l'instant. Ce qu'il attend est dans l'application.

push-work-stalled-title = Qu'est-ce qui bloque ?
push-work-stalled-body = On n'a plus de nouvelles de cette mission depuis un moment. Dites où vous en êtes, ou ce que vous attendez.

push-work-quiet-title = Nous avons demandé des nouvelles
push-work-quiet-body = On n'a plus de nouvelles de votre mission depuis un moment : nous avons demandé à votre prestataire ce qui bloque.

push-change-asked-title = Un changement de commande
push-change-asked-body = On vous demande d'accepter { $price } de plus ou de moins. Rien ne change sans votre accord.

push-change-agreed-title = Le changement est convenu
push-change-agreed-body = Il fait désormais partie de la commande.

push-change-refused-title = La commande ne change pas
push-change-refused-body = L'autre personne n'accepte pas le changement. La commande reste ce qu'elle était.

push-supplies-charged-title = Un ticket d'achat
push-supplies-charged-body = Votre prestataire indique ce qu'ont coûté les fournitures : { $price }. Le ticket est dans l'application.

push-payment-said-title = Avez-vous été payé ?
push-payment-said-body = Le particulier dit vous avoir remis { $price }. Confirmez, et le reçu aura son numéro.

push-payment-refused-title = Paiement non reçu
push-payment-refused-body = Votre prestataire dit ne pas avoir reçu { $price }. Parlez-vous, puis notez-le à nouveau.

push-payment-received-title = Paiement reçu
push-payment-received-body = Votre prestataire dit avoir reçu { $price }. Le reçu est dans l'application.

push-job-finished-title = Le travail est terminé
push-job-finished-body = Jetez-y un œil. Confirmez si tout va bien, ou demandez une reprise.

push-confirm-reminder-title = Est-ce terminé ?
push-confirm-reminder-body = Votre prestataire le dit. Confirmez, ou demandez une reprise ; sans réponse de votre part, la mission est close au bout de trois jours.

push-redo-date-title = Une date pour la reprise
push-redo-date-body =
    { $when ->
        [unsaid] Votre prestataire revient. L'heure est dans l'application.
       *[said] Votre prestataire revient { $when }.
    }

push-redo-overdue-title = Toujours à reprendre
push-redo-overdue-body = Ce que vous aviez demandé n'est pas encore fait. Nous avons relancé votre prestataire ; si rien ne vient, une personne peut trancher : ouvrez un litige dans l'application.

push-redo-asked-title = Une reprise est demandée
push-redo-asked-body = Le particulier vous demande de revenir sur un point. Les détails sont dans l'application.

push-job-completed-title = Mission accomplie
push-job-completed-body = Les deux parties sont d'accord : c'est fait. Merci !

push-job-disputed-title = Un litige est ouvert
push-job-disputed-body = L'équipe de votre ville va l'examiner et interroger les deux parties avant de décider.

push-dispute-opened-title = Un litige à examiner
push-dispute-opened-body = { $category } : deux personnes ne sont pas d'accord. Répondez sous un jour ouvré.

push-dispute-overdue-title = Un litige attend
push-dispute-overdue-body = { $category } : les deux parties attendent depuis plus longtemps que promis.

push-dispute-statement-title = Du nouveau dans le litige
push-dispute-statement-body = Une nouvelle déclaration est dans votre litige.

push-dispute-decided-title = Le litige est tranché
push-dispute-decided-body = La décision et son motif sont dans l'application.

push-review-asked-title = Comment cela s'est-il passé ?
push-review-asked-body = Votre avis reste caché jusqu'à ce que les deux soient écrits, sept jours au plus.

push-reviews-visible-title = Les avis sont visibles
push-reviews-visible-body = Vous pouvez maintenant lire ce que l'autre a écrit.

push-quote-received-title = Un prix pour votre mission
push-quote-received-body = Un prestataire a proposé un prix. Comparez les réponses dans l'application.

push-counter-asked-title = Un autre prix ?
push-counter-asked-body = { $category } : le particulier paierait { $price }. Dites oui, ou gardez le vôtre.

push-counter-agreed-title = D'accord sur le prix
push-counter-agreed-body = Le prestataire accepte { $price }. Vous pouvez le choisir.

push-counter-refused-title = Le prix ne change pas
push-counter-refused-body = Le prestataire reste à { $price }. Vous pouvez toujours le choisir, ou un autre.

push-quote-chosen-title = Votre prix est retenu
push-quote-chosen-body =
    { $when ->
        [unsaid] La mission est à vous. Vous trouverez l'adresse dans l'application.
       *[said] La mission est à vous : { $when }. Vous trouverez l'adresse dans l'application.
    }

push-quote-not-chosen-title = Une autre réponse est retenue
push-quote-not-chosen-body = Merci pour votre prix. Cela ne change rien à votre classement.

push-calendar-confirm-title = Est-ce bien vos horaires ?
push-calendar-confirm-body = Votre agenda contient encore les horaires que nous avons supposés. Confirmez-les ou changez-les pour recevoir des propositions qui conviennent.

### Pourquoi personne n'a pris la mission, et ce qui y changerait quelque chose

reason-nobody-in-reach = Aucun prestataire de ce métier n'intervient assez près pour le moment. Restez sur la liste d'attente ou essayez une autre catégorie.
reason-nobody-free = Tous les prestataires proches sont pris sur cette période. Un autre jour ou une période plus longue aiderait.
reason-nobody-answered = Personne n'a répondu à temps. Relancez la demande ou laissez plus de temps pour répondre.
reason-nobody-chosen = Des prix ont été proposés, mais aucun n'a été choisi à temps. Relancez la demande pour en recevoir de nouveaux.
reason-price-too-low = Personne près de chez vous ne se déplace pour ce montant. Un montant plus élevé aiderait, ou demandez des devis.
reason-declined-price = Le prix était trop bas pour les personnes contactées. Un montant plus élevé aiderait, ou demandez des devis.
reason-declined-distance = C'était trop loin pour les personnes contactées. Un montant plus élevé pour le trajet aiderait.
reason-declined-time = L'horaire ne convenait à personne. Un autre jour ou une période plus longue aiderait.
reason-declined = Aucune des personnes contactées n'a pu accepter. Un autre jour ou un montant plus élevé aiderait.
reason-no-longer-possible = La période prévue est passée. Choisissez un autre jour pour relancer la demande.

### Papiers : ce que disent une commande et un reçu

paper-order = Commande
paper-order-file = commande
paper-receipt = Reçu { $number }
paper-receipt-file = recu-{ $number }
paper-number = n° { $number }
paper-resident = Particulier
paper-provider = Prestataire
paper-trade = Type de mission
paper-job = Référence
paper-place = Lieu
paper-visit = Visite
paper-span = { $begins } à { $ends }
paper-agreed-on = Convenue le
paper-called-off = Annulée le
paper-as-of = État au
paper-price = Prix
paper-item = Poste
paper-amount = Montant
paper-tax = Dont taxe
paper-total = Total
paper-labelled = { $what } : { $label }
paper-by-the-hour = { $minutes } min à { $rate } de l'heure
paper-by-receipt = sur ticket d'achat ; { $most } au plus étaient convenus
paper-without-receipt = au plus, sur ticket d'achat
paper-because-evening = soirée, { $percent } %
paper-because-sunday = dimanche, { $percent } %
paper-line-fixed = Prix de la mission
paper-line-quote = Prix proposé
paper-line-labour = Main-d'œuvre
paper-line-call-out = Déplacement
paper-line-option = Option
paper-line-surcharge = Supplément
paper-line-supplies = Fournitures
paper-line-counter = Ajusté au prix convenu
paper-line-credit = Avoir
paper-changes = Changements
paper-asked = Demandé par
paper-what = Quoi
paper-answer = Réponse
paper-change-asked = Attend une réponse
paper-change-agreed = Accepté
paper-change-refused = Refusé
paper-change-withdrawn = Retiré
paper-payments = Paiements
paper-when = Quand
paper-method = Moyen
paper-method-cash = Espèces
paper-method-transfer = Virement
paper-method-card = Carte
paper-method-cheque = Chèque
paper-method-other = Autre
paper-receipt-number = Reçu
paper-not-received-yet = pas encore confirmé
paper-received = Reçu le
paper-paid = Payé
paper-balance = Solde
paper-credit = Crédit d'impôt
paper-cost = Coût après crédit d'impôt
paper-platform-fee = Frais de la plateforme
paper-net = Net pour le prestataire
paper-calling-off-fee = Pour annulation ou absence
paper-awaits-receipt = Fournitures sans ticket d'achat, pas encore dues
paper-owed = Reste à payer
paper-recorded = Consigné par Jobbing tel que les deux l'ont dit. Jobbing ne déplace pas d'argent.

### Ce qui remplace un nom, un titre ou un nombre

unnamed-person = Sans nom
erased-person = Ancien membre
erased-job-title = Effacé
price-to-quote = prix à proposer
distance-nearby = moins de 100 m

### Champs : ce qui ne va pas dans une valeur de la demande

field-required = Ce champ est obligatoire.
field-null = La valeur ne peut pas être null.
field-unknown = Ce champ n'existe pas.
field-object = Il faut un objet.
field-text = Il faut du texte.
field-control-characters = Le texte contient des caractères qui ne s'affichent pas.
field-length = Il faut de { $least } à { $most } caractères.
field-count = Il faut de { $least } à { $most } éléments.
field-range = La valeur doit être comprise entre { $least } et { $most }.
field-choice = Il faut l'une de ces valeurs : { $choices }.
field-whole-number = Il faut un nombre entier, sans guillemets.
field-number = Il faut un nombre, sans guillemets.
field-flag = Il faut true ou false.
field-id = Il faut un UUID.
field-photos = Il faut des identifiants de photos.
field-email = Il faut une adresse e-mail.
field-slug = Il faut un nom court, comme gutter-cleaning.
field-language = Il faut un code de langue de deux lettres minuscules, comme fr.
field-currency = Il faut un code de devise de trois majuscules, comme EUR.
field-phone = Il faut un numéro de téléphone avec son indicatif, comme +33612345678.
field-start-code = Il faut quatre chiffres.
field-time-of-day = Il faut une heure, comme 08:30.
field-time-zone = Il faut un fuseau horaire, comme Europe/Paris.
field-instant = Il faut un instant avec son décalage, comme 2026-11-24T14:00:00+01:00.
field-day = Il faut une date, par exemple 2026-12-01.
day-before-first = Ce jour ne peut pas précéder le premier.
days-too-many = Il peut y avoir { $most_days } jours au plus.
field-point = Il faut un Point GeoJSON avec type et coordinates.
field-position = Une position compte exactement deux nombres : longitude, puis latitude.
field-position-bounds = La longitude va de -180 à 180, la latitude de -90 à 90.
field-box = Il faut ouest,sud,est,nord en degrés, comme 4.7,45.6,5.0,45.9.
field-polygon = Il faut un Polygon GeoJSON avec type et coordinates.
field-polygon-corners = Le contour doit avoir { $most } sommets au plus.
field-polygon-open = Chaque anneau compte au moins quatre positions et finit où il commence.
field-polygon-crossing = Le contour doit entourer une surface sans se croiser.
field-list = Il faut une liste.
field-cursor = Ce n'est pas un curseur donné par une liste.
field-idempotency-key = Il faut de 1 à 255 caractères ASCII visibles.
field-one-of-two = Donnez soit { $first }, soit { $second }, mais pas les deux.
field-body-empty = Indiquez au moins une chose à changer.
field-password = Il faut de 10 à 200 caractères.
field-current-password = Il faut votre mot de passe actuel.
field-display-name = Il faut de 1 à 80 caractères sur une ligne, sans caractères de contrôle.
field-role = Il faut resident ou provider.
field-not-oneself = C'est votre propre compte.
field-too-many-favourites = Au plus { $most } favoris. Retirez-en un d'abord.
field-too-many-series = Au plus { $most } missions peuvent revenir. Arrêtez-en une d'abord.
field-topic = Ce sujet n'existe pas. Les sujets sont offers, answers, visits, reviews et account.
field-way = Ce moyen n'existe pas. Les moyens sont push, mail et sms.
field-level = Il faut read ou act.
field-market = Nommez au moins une zone, et seulement des zones qui existent.

### Demandes : ce qui ne répond pas au modèle, et des réponses en toutes lettres

brief-question-unknown = Cette question n'existe pas pour ce genre de mission. Questions connues : { $choices }.
brief-task-unknown = Cette tâche n'existe pas pour ce genre de mission. Tâches connues : { $choices }.
brief-preset-unknown = Cet exemple n'existe pas pour ce genre de mission. Exemples connus : { $choices }.
brief-version-unknown = Ce genre de mission n'a pas de modèle dans cette version.
brief-yes = Oui
brief-no = Non
brief-photos =
    { $count ->
        [one] une photo
       *[other] { $count } photos
    }

### Photos : pourquoi l'une n'est pas acceptée, ou n'a pas sa place là

picture-damaged = Cette image est abîmée ou incomplète. Renvoyez-la, ou envoyez-en une autre.
picture-moves = Cette image est animée. Envoyez-en une fixe.
picture-too-many-pixels = Cette image peut compter { $most_megapixels } mégapixels au plus. Envoyez-en une plus petite.
picture-too-narrow = Cette image est trop petite ou trop étroite pour montrer quelque chose.
photo-unknown = Vous n'avez pas de telle photo. Renvoyez-la.
photo-twice = Cette photo est nommée deux fois.
photo-used = Cette photo sert ailleurs. Renvoyez-la pour vous en servir ici aussi.
photo-is-a-paper = Un PDF ne peut être qu'un justificatif ou un ticket d'achat.
photos-too-many = { $most } photos au plus.
portfolio-category = Cette catégorie n'existe pas.

### Justificatifs : leurs noms, et pourquoi l'un ne convient pas

paper-r = Assurance responsabilité civile
paper-q = Qualification
paper-d = Garantie décennale
paper-t = Registre des transporteurs
paper-a = Certificat animalier
paper-c = Certibiocide
paper-s = Déclaration de services à la personne
paper-identity = Identité
paper-registration = Immatriculation
paper-category = Cette catégorie n'existe pas.
paper-day-too-far = Ce jour est trop éloigné.
paper-for-all = Ce justificatif ne se limite pas à certains travaux.
paper-for-what = Dites quels travaux il couvre.
paper-is-over = Ce justificatif n'est plus valable. Déposez celui qui l'est.
paper-says-until-when = Dites jusqu'à quand il est valable : c'est écrit dessus.
consent-in-writing = Écrivez-le avec vos mots.
same-person = C'est déjà cette personne qui vient.

### Missions : pourquoi ses conditions ne vont pas ensemble

amount-required = Indiquez le montant.
choose-never-now = Comparer des devis prend du temps : prenez « instant » quand c'est urgent.
currency-of-the-market = Ici, les prix sont en { $currency }.
no-amount-with-quotes = Avec des devis, ce sont les prestataires qui donnent le prix.
not-editable = Cela ne peut pas être modifié.
now-starts-within-4-hours = Une mission urgente doit pouvoir commencer dans les 4 heures.
quotes-only-with-choose = Les devis demandent le mode « choose ».
window-ends-before-it-starts = La fin doit venir après le début.
above-the-budget = C'est plus que ce que la personne paie pour toute la mission.
same-hour = C'est déjà à cette heure-là.
waits-for-required = Dites ce que cela attend.
waits-for-when-blocked = Cela ne va qu'avec blocked.
amount-or-lines = Indiquez un montant, ou des lignes, mais pas les deux.
counter-out-of-bounds = C'est trop loin du prix proposé.
less-than-nothing = La mission coûterait moins que rien.
more-than-anything-costs = Rien ne coûte autant. Vérifiez les montants.
credit-below-zero = Un avoir est négatif, tout le reste positif.
more-than-is-owed = C'est plus que le reste à payer.
not-supplies = Il n'y a pas de fournitures à cette place de la commande.
supplies-charged = Le ticket d'achat de ces fournitures a déjà été montré.
more-than-agreed = C'est plus que convenu. Demandez un changement de commande.
receipt-required = Montrez le ticket d'achat : une photo, ou un PDF.
message-empty = Écrivez quelque chose, ou montrez une photo.
suspend-instead = On ne masque pas un prestataire ; suspendez plutôt le compte.
window-past = Il ne reste pas assez de temps dans cette période.
window-shorter-than-the-job = La période doit être au moins aussi longue que la mission.
window-too-far-ahead = Il faut une date dans les 60 jours à venir.
window-too-long = La fin doit venir au plus tard 30 jours après le début.
moved-too-far = Il faut rester à moins de 31 jours de la date habituelle.
first-is-none-of-them = Le jour de la première fois doit en faire partie.
times-or-until = Indiquez combien de fois ou jusqu'à quand, pas les deux.

# --- pages that links in mails lead to ---

page-new-password = Nouveau mot de passe, au moins 10 caractères
page-verify-email-title = Confirmez votre adresse e-mail
page-verify-email-intro = Un geste, et nous savons que cette adresse est la vôtre.
page-verify-email-button = Confirmer l'adresse
page-verify-email-done = Merci, votre adresse est confirmée. Vous pouvez fermer cette page et continuer dans l'application.
page-verify-email-again = Il manque quelque chose dans le lien. Ouvrez-le à nouveau depuis le message.
page-verify-email-failed = Ce lien n'est plus valable : il a déjà servi ou il est trop ancien. Demandez-en un autre dans votre profil.
page-reset-password-title = Choisissez un nouveau mot de passe
page-reset-password-intro = Vous serez déconnecté partout, puis vous pourrez vous connecter avec le nouveau mot de passe.
page-reset-password-button = Enregistrer le mot de passe
page-reset-password-done = Votre mot de passe est enregistré. Vous pouvez fermer cette page et vous connecter.
page-reset-password-again = Ce mot de passe ne convient pas : il faut de 10 à 200 caractères.
page-reset-password-failed = Ce lien n'est plus valable : il a déjà servi ou il est trop ancien. Demandez-en un autre sur la page de connexion.

# How often a job comes again.
series-weekly =
    { $interval ->
        [1] Toutes les semaines
       *[other] Toutes les { $interval } semaines
    }
series-monthly =
    { $interval ->
        [1] Tous les mois
       *[other] Tous les { $interval } mois
    }

### Standing: how a provider stands, what would change it, what it does

standing-level = Vous êtes au niveau { $level }.
standing-badge = Répond en général en moins de { $within }
standing-needs-finished =
    { $count ->
        [one] Encore une mission terminée
       *[other] Encore { $count } missions terminées
    } pour le niveau { $level }
standing-needs-reviews =
    { $count ->
        [one] Encore un avis
       *[other] Encore { $count } avis
    } pour le niveau { $level }
standing-needs-stars = Une note de { $need } pour le niveau { $level } ; la vôtre est de { $have }
standing-needs-reliability = Une fiabilité de { $need } pour le niveau { $level } ; la vôtre est de { $have }
standing-ranking = Cela décide { $now } de votre place pour les missions immédiates, { $scheduled } pour les missions à date fixe et { $flexible } pour celles qui peuvent attendre.
standing-ranking-nothing = Le classement n'en tient pas compte.
standing-rating = { $stars } sur 5, d'après { $count ->
        [one] { $count } avis
       *[other] { $count } avis
    }. Les plus récents pèsent davantage, et { $weight } avis imaginaires à { $prior } comptent aussi, pour qu'aucun avis ne décide à lui seul.
standing-rating-changes = Un avis à cinq étoiles la porterait à { $better }.
standing-reliability = { $share }. Ces { $days } derniers jours, visites à l'heure : { $kept } ; en retard, rendues ou manquées : { $let_down }. { $prior } visites imaginaires comptent aussi, dont { $good } à l'heure. Ce qu'un particulier annule ne compte jamais.
standing-reliability-changes = La prochaine visite commencée à l'heure la porterait à { $better }.
standing-responsiveness = { $share }. Ces { $days } derniers jours, propositions avec réponse : { $answered } ; laissées sans réponse : { $unanswered }. { $prior } propositions imaginaires comptent aussi, dont { $good } avec réponse. Un refus est une réponse.
standing-responsiveness-changes = La prochaine réponse, même un refus, la porterait à { $better }.
standing-response-time =
    { $within ->
        [unsaid] Aucune réponse acceptant une proposition ou donnant un prix ces { $days } derniers jours ({ $count }).
       *[said] La moitié de vos réponses sont venues en moins de { $within }, sur { $count } ces { $days } derniers jours. Les refus sont laissés de côté.
    }
standing-response-time-changes = Les particuliers le voient à partir de { $least } réponses de ce genre, si la moitié viennent en moins de { $most }.
standing-declines = Un refus est une réponse. Il ne fait baisser aucun chiffre, aucun niveau, aucune place dans le classement.

### Statements: what a provider took in a month

statement-heading = Relevé de { $month }
statement-provider = Prestataire
statement-what = { $what } : { $title }
statement-paid-by = { $said } (n° { $numbers })
statement-worked = Heures de travail
statement-nothing = Rien n'a été encaissé ce mois-ci.
statement-recorded = Les paiements se font entre le client et le prestataire, et sont notés ici comme les deux l'ont dit. Chaque mission figure au jour où elle a été confirmée, à l'heure de { $time_zone }.
statement-date = Date
statement-kind = Nature
statement-job = Mission
statement-category = Catégorie
statement-title = Titre
statement-total = Total
statement-trip = Dont trajet
statement-fee = Frais de la plateforme
statement-net = Net
statement-credit = Crédit d'impôt
statement-payment = Paiement
statement-received = Reçu
statement-receipts = Numéros de reçus
statement-currency = Devise
statement-sum = Somme
statement-kind-job = Mission terminée
statement-kind-cancellation = Visite annulée
statement-payment-unpaid = À payer
statement-payment-part-paid = Payée en partie
statement-payment-said = Payée selon le particulier
statement-payment-received = Reçue
statement-payment-free = Rien à payer

### Calendars: what another calendar shows of a provider's visits

calendar-name = Jobbing : visites
calendar-event = { $category }, { $place }
