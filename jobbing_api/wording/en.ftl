# Every sentence a person reads in English. French is beside it, with the same ids and values.
# Wording rules: say what happened, then what to do next. Never blame. A push names no
# person, no address and no exact place, because it is shown on locked screens.

### Problems: one title and one detail for each slug

problem-not-found-title = Not found
problem-not-found-detail = There is nothing here that you may see. Check the address, or go back to your list.

problem-not-allowed-title = Not allowed
problem-not-allowed-detail = Your account cannot do this. Sign in with an account that has the right role.

problem-sign-in-required-title = Please sign in
problem-sign-in-required-detail = Sign in, then try again.

problem-wrong-credentials-title = Wrong e-mail address or password
problem-wrong-credentials-detail = Check both and try again, or ask for a link to choose a new password.

problem-session-revoked-title = You have been signed out
problem-session-revoked-detail = For your safety this session has ended. Sign in again to continue.

problem-invalid-token-title = This link or token no longer works
problem-invalid-token-detail = It has expired, was used before or is not complete. Sign in again or ask for a new link.

problem-email-taken-title = This e-mail address already has an account
problem-email-taken-detail = Sign in with its password. If you do not know it, ask for a link to choose a new one.

problem-account-suspended-title = This account is suspended
problem-account-suspended-detail = It cannot be used for now. Write to the operator of your town to find out why and what can be done.

problem-invalid-input-title = Something in the request does not fit
problem-invalid-input-detail = Correct the fields named in "errors" and send it again.

problem-outside-markets-title = Nobody works there yet
problem-outside-markets-detail = This place is outside the areas we serve. Your request has been counted, so that we know where to open next.

problem-illegal-move-title = Not possible in the present state
problem-illegal-move-detail =
    { $state ->
        [open] The job is still open.
        [assigned] The job is already assigned.
        [in_progress] The job is under way.
        [finished] The job is finished and waits to be confirmed.
        [completed] The job is completed.
        [unfilled] The job has found nobody.
        [cancelled] The job is cancelled.
        [disputed] The job is in dispute.
        [pending] The offer has not been sent yet.
        [sent] The offer waits for an answer.
        [seen] The offer waits for an answer.
        [quoted] A price has been named for this offer.
        [accepted] The offer is accepted.
        [declined] The offer is declined.
        [expired] The offer has expired.
        [withdrawn] The offer is withdrawn.
       *[other] Things have changed in the meantime.
    } Reload to see what can be done now.

problem-profile-required-title = Complete your provider profile first
problem-profile-required-detail = Say where you work from and what you do, then try again.

problem-already-taken-title = Somebody else was faster
problem-already-taken-detail = This job has just been accepted by another provider. It changes nothing in your ranking; see what else is open.

problem-offer-expired-title = This offer has expired
problem-offer-expired-detail = The time to answer is over. See which other jobs are open near you.

problem-calendar-conflict-title = You are no longer free at that time
problem-calendar-conflict-detail = There is no free stretch left in your calendar within the job's window. Change your calendar or decline the offer.

problem-wrong-code-title = This code does not work
problem-wrong-code-detail = It is not the one we sent last, or its ten minutes are over. Look at the text message again, or ask for another code.

problem-undo-over-title = It is too late to undo
problem-undo-over-detail = An acceptance can be taken back at once, before work begins. After that, cancel the job.

problem-too-early-title = It is a little early for that
problem-too-early-detail = This is only said closer to the agreed time, or some time after it. Wait a little longer, and say so then.

problem-nothing-asked-title = There is nothing to answer
problem-nothing-asked-detail = Nobody asks for another hour, or not any more. Look at the job again.

problem-fee-changed-title = It costs more by now
problem-fee-changed-detail = Calling it off has become dearer since you were told. Look at the job again, and confirm if you still want to.

problem-wrong-start-code-title = These are not the four digits
problem-wrong-start-code-detail = Ask the resident to read them out again from the app. If they have changed, the new ones are there.

problem-quote-required-title = A price is expected
problem-quote-required-detail = The resident compares several answers for this job. Send your price instead of accepting.

problem-version-mismatch-title = It has changed in the meantime
problem-version-mismatch-detail = Somebody changed this since you read it. Reload, look at the changes and send yours again.

problem-version-required-title = Say which version you are changing
problem-version-required-detail = Read the resource, then repeat the request with its ETag in If-Match.

problem-idempotency-key-reused-title = This key was used for another request
problem-idempotency-key-reused-detail = The same Idempotency-Key came before with different content. Use a new key for a new request.

problem-still-running-title = The same request is still running
problem-still-running-detail = Wait a second, then repeat it with the same Idempotency-Key.

problem-unavailable-title = Not available right now
problem-unavailable-detail = A part of the service does not answer. Try again in a moment.

problem-bad-request-title = The request cannot be understood
problem-bad-request-detail = Compare it with the description of the interface, correct it and send it again.

problem-bad-json-title = The body is not valid JSON
problem-bad-json-detail = Send one JSON document in UTF-8, without NaN or Infinity.

problem-method-not-allowed-title = This method does not exist here
problem-method-not-allowed-detail = Use one of the methods named in the Allow header.

problem-not-acceptable-title = No such format
problem-not-acceptable-detail = Answers are JSON. Accept application/json and application/problem+json.

problem-payload-too-large-title = The request is too large
problem-payload-too-large-detail = Send less at once.

problem-unsupported-media-type-title = This kind of content is not understood
problem-unsupported-media-type-detail = Send JSON with Content-Type: application/json.

problem-not-a-picture-title = This is not a picture we can take
problem-not-a-picture-detail = Send the picture itself as the body: JPEG, PNG or WebP. A phone that keeps HEIC can give a JPEG. Papers may be PDF.

problem-photo-too-large-title = This photo is too large
problem-photo-too-large-detail =
    { $most_megabytes ->
        [unsaid] Send a smaller one.
       *[said] It may have { $most_megabytes } MB at most. Send a smaller one.
    }

problem-too-many-photos-title = Too many photos wait to be used
problem-too-many-photos-detail =
    { $most_waiting ->
        [unsaid] Use or remove some of those you have sent, or wait until tomorrow.
       *[said] { $most_waiting } photos that you have sent belong nowhere yet. Use or remove some of them, or wait until tomorrow.
    }

problem-paper-required-title = A paper is missing
problem-paper-required-detail = This town insists on papers that are not verified, or not in force at that hour. Hand in what is missing and try again.

problem-too-many-papers-title = Too many papers
problem-too-many-papers-detail = There are too many papers here. Take some away first.

problem-photo-frozen-title = This photo stays
problem-photo-frozen-detail = Others have acted on what it shows, so it can no longer be removed. It goes by itself half a year after the job is over; a paper's goes with the paper.

problem-link-expired-title = This link has expired
problem-link-expired-detail = Read the job, offer or profile that shows the photo again: it carries a new link.

problem-link-invalid-title = This link is not complete
problem-link-invalid-detail = Read the job, offer or profile that shows the photo again, and use the link as it is.

problem-rate-limited-title = Too many requests
problem-rate-limited-detail = Wait as long as Retry-After says, then try again.

problem-internal-error-title = Something went wrong on our side
problem-internal-error-detail = It is not your fault. Try again; if it happens again, give us this number: { $request_id }.

### Mails

mail-verify-email-subject = Confirm your e-mail address
mail-verify-email-body =
    Hello,

    Please confirm that this address is yours by opening this link:

    { $link }

    The link works for { $hours ->
        [one] one hour
       *[other] { $hours } hours
    }. If you did not sign up, you need not do anything.

    Jobbing

mail-reset-password-subject = Choose a new password
mail-reset-password-body =
    Hello,

    Somebody asked for a new password for this address. If it was you, open this link to choose it:

    { $link }

    The link works once, for { $hours ->
        [one] one hour
       *[other] { $hours } hours
    }. All your devices will be signed out. If it was not you, you need not do anything: your password stays as it is.

    Jobbing

mail-unreached-body =
    { $said }

    { $link }

    You get this as a mail because no phone of yours could be rung. Open the app on your phone to be rung there again; under Preferences you say what may be sent to you.

    Jobbing

### Text messages

text-code = Your Jobbing code is { $code }. It works for { $minutes } minutes. Nobody from Jobbing will ask you for it.
text-unreached = Jobbing. { $title }. { $said } { $link }

### Notifications

push-offer-title = A job near you
push-offer-body = { $category }, { $distance } away, { $when }: { $price }.

push-offer-outside-hours-title = Outside your hours?
push-offer-outside-hours-body = { $category }, { $distance } away, { $when }: { $price }. Only if it suits you: ignoring it costs nothing.

push-offer-withdrawn-title = Offer withdrawn
push-offer-withdrawn-body = This job is no longer on offer. You need not do anything.

push-job-assigned-title = Your job is accepted
push-job-assigned-body =
    { $when ->
        [unsaid] Somebody is coming.
       *[said] Somebody is coming on { $when }.
    }

push-job-booked-title = The job is yours
push-job-booked-body =
    { $when ->
        [unsaid] It is in your calendar. You will find the address in the app.
       *[said] It is in your calendar for { $when }. You will find the address in the app.
    }

push-message-title = A message
push-message-body = { $category }: there is something to read.

push-job-taken-title = Already taken
push-job-taken-body = Somebody else accepted first. It changes nothing in your ranking.

push-job-unfilled-title = Nobody found yet
push-job-unfilled-body =
    { $reason ->
        [unsaid] Change the day, the price or the way of asking, then ask again.
       *[said] { $reason }
    }

push-job-repeated-title = { $category }, as agreed
push-job-repeated-body = For { $when }: we are asking who can come. You can still cancel it.

push-repeat-missed-title = { $category }: not asked this time
push-repeat-missed-body = Nobody could be asked for { $when }. Post it once more if you still need it.

push-wait-list-free-title = Somebody could come now
push-wait-list-free-body = { $category }: somebody has time whom we had not asked. Ask again with one tap?

push-provider-dropped-out-title = Your provider cannot come
push-provider-dropped-out-body = We are already asking others. You need not do anything.

push-acceptance-undone-title = Not quite yet
push-acceptance-undone-body = Whoever had accepted took it back at once. We are already asking others. You need not do anything.

push-visit-missed-title = You were expected
push-visit-missed-body = Nobody came at the agreed hour, and others are being asked. If that is wrong, write to the people who look after your town.

push-visit-confirm-title = Does your visit stand?
push-visit-confirm-body =
    { $when ->
        [unsaid] You are expected. Say in the app that you come, or free the hour.
       *[said] You are expected on { $when }. Say in the app that you come, or free the hour.
    }

push-visit-confirm-now-title = Are you coming?
push-visit-confirm-now-body = You are expected in half an hour and have not said that you come. Confirm now: others are being asked to stand by.

push-visit-soon-title = Your visit
push-visit-soon-body =
    { $when ->
        [unsaid] Somebody is coming. The four digits for the door are in the app.
       *[said] Somebody is coming on { $when }. The four digits for the door are in the app.
    }

push-visit-confirmed-title = Your visit stands
push-visit-confirmed-body = Your provider has confirmed that they come.

push-visit-unconfirmed-title = Not confirmed yet
push-visit-unconfirmed-body =
    { $backups ->
        [0] Your provider has not confirmed, although we asked. We go on trying. Nobody else is in reserve; if nobody comes, we ask others at once.
        [one] Your provider has not confirmed, although we asked. We go on trying, and one other person has been asked to stand by.
       *[other] Your provider has not confirmed, although we asked. We go on trying, and { $backups } others have been asked to stand by.
    }

push-visit-late-title = Nobody there yet?
push-visit-late-body = The hour has passed and your provider has not told us that they are on the way. If nobody comes, we ask others; you need not do anything.

push-visit-late-under-way-title = A little late
push-visit-late-under-way-body =
    { $arrival ->
        [unsaid] Your provider is on the way, later than agreed.
       *[said] Your provider is on the way and thinks to be there at { $arrival }.
    }

push-visit-overdue-title = You are expected
push-visit-overdue-body = The agreed hour has passed. Say that you are on the way, or free the job so that others can be asked.

push-visit-moved-title = Your visit has moved
push-visit-moved-body =
    { $when ->
        [unsaid] Both of you agreed to another hour. It is in the app.
       *[said] Both of you agreed: it is on { $when } now.
    }

push-reschedule-asked-title = Another hour?
push-reschedule-asked-body =
    { $when ->
        [unsaid] You are asked for another hour. Until you agree, the present one stands.
       *[said] You are asked whether { $when } would do instead. Until you agree, the present hour stands.
    }

push-reschedule-refused-title = The hour stands
push-reschedule-refused-body = The other side cannot make the hour you asked for. The visit stays as it was agreed.

push-substitute-asked-title = May somebody else come?
push-substitute-asked-body = You are asked whether somebody else may come. Nobody does unless you agree in writing.

push-substitute-agreed-title = Somebody else may come
push-substitute-agreed-body = The resident has agreed in writing to whom you named.

push-substitute-refused-title = Nobody else, please
push-substitute-refused-body = The resident would rather it stayed with whoever was to come. Their answer is in the app.

push-start-code-changed-title = Another code
push-start-code-changed-body = Your code was entered wrongly several times, so there is a new one in the app. Give it to nobody but the person at your door.

push-nobody-home-title = You were not at home
push-nobody-home-body = Your provider stood at your door and waited. The job is over, at the cost the app had told you. If that is wrong, write to the people who look after your town.

push-stand-by-asked-title = Could you step in?
push-stand-by-asked-body = { $category }, { $when }: whoever took it keeps silent. Say whether you could come if they do not; it costs nothing either way.

push-points-review-title = Somebody to talk to
push-points-review-body = A provider has called off or missed several visits at short notice. Please hear them before anything else.

push-paper-waiting-title = A paper to look at
push-paper-waiting-body = Somebody has handed in a paper. Please see whether it is what it says.

push-paper-verified-title = Your paper counts
push-paper-verified-body = { $paper }: a person has verified your paper.

push-paper-refused-title = Your paper was not taken
push-paper-refused-body = { $paper }: a person has looked at your paper; why it is not taken is in the app.

push-paper-ending-title = A paper is about to end
push-paper-ending-body =
    { $days ->
        [0] { $paper } counts today for the last time. Hand in the next one, so that nothing is lost.
        [1] { $paper } counts until tomorrow. Hand in the next one, so that nothing is lost.
       *[other] { $paper } counts for { $days } days more. Hand in the next one, so that nothing is lost.
    }

push-report-made-title = Something was reported
push-report-made-body = Somebody thinks that something should not stand there. Please have a look.

push-report-kept-title = Your report
push-report-kept-body = A person has looked at what you reported: it stays.

push-report-hidden-title = Your report
push-report-hidden-body = A person has looked at what you reported: it was taken down. Thank you.

push-job-waits-title = A job that nobody takes
push-job-waits-body = { $category }: few people live around there, all of them have been asked, and nobody has accepted so far. A call may help.

push-offers-paused-title = Are you still there?
push-offers-paused-body = You have not looked at the latest offers, so we have stopped sending them. Open the app to receive them again.

push-job-cancelled-title = Job cancelled
push-job-cancelled-body =
    { $when ->
        [unsaid] The job is cancelled. The time is free again in your calendar, and it does not count against you.
       *[said] The job on { $when } is cancelled. The time is free again in your calendar, and it does not count against you.
    }

push-on-my-way-title = On the way
push-on-my-way-body = Your provider is on the way to you.

push-job-started-title = Work has started
push-job-started-body = Your provider has started on your job.

push-check-in-asked-title = A word on the way?
push-check-in-asked-body = A picture and a sentence tell the resident how it goes. It takes ten seconds.

push-work-progress-title = News of your job
push-work-progress-body = Your provider says how it goes. Have a look.

push-work-blocked-title = Your job waits for something
push-work-blocked-body = Your provider cannot go on for now. What it waits for is in the app.

push-work-stalled-title = What blocks it?
push-work-stalled-body = Nothing has been heard of this job for a while. Say how it goes, or what it waits for.

push-work-quiet-title = We have asked how it goes
push-work-quiet-body = Nothing has been heard of your job for a while, so we have asked your provider what blocks it.

push-change-asked-title = A change of the order
push-change-asked-body = You are asked to agree to { $price } more or less. Nothing changes before you do.

push-change-agreed-title = The change is agreed
push-change-agreed-body = It is part of the order now.

push-change-refused-title = The order stands
push-change-refused-body = The other side does not agree to the change. The order stays as it was.

push-supplies-charged-title = A receipt
push-supplies-charged-body = Your provider shows what supplies cost: { $price }. The receipt is in the app.

push-payment-said-title = Were you paid?
push-payment-said-body = The resident says that you have received { $price }. Confirm it, and the receipt has its number.

push-payment-refused-title = Not received
push-payment-refused-body = Your provider says that { $price } has not arrived. Talk to each other, then write it down anew.

push-payment-received-title = Payment received
push-payment-received-body = Your provider says that { $price } has arrived. The receipt is in the app.

push-job-finished-title = Work is finished
push-job-finished-body = Have a look. Confirm if all is well, or ask for something to be put right.

push-confirm-reminder-title = Is it done?
push-confirm-reminder-body = Your provider says so. Confirm, or ask for something to be put right; if you say nothing, it counts as done after three days.

push-redo-date-title = A date to put it right
push-redo-date-body =
    { $when ->
        [unsaid] Your provider comes again. The hour is in the app.
       *[said] Your provider comes again on { $when }.
    }

push-redo-overdue-title = Still to be put right
push-redo-overdue-body = What you asked for has not been done yet. We have reminded your provider; if nothing happens, a person can decide: open a dispute in the app.

push-redo-asked-title = Something is to be put right
push-redo-asked-body = The resident asks you to go over a point again. The details are in the app.

push-job-completed-title = Job completed
push-job-completed-body = Both sides agree that it is done. Thank you!

push-job-disputed-title = A job is in dispute
push-job-disputed-body = An operator will look at it and ask both sides before deciding.

push-dispute-opened-title = A dispute to look at
push-dispute-opened-body = { $category }: two people do not agree. Answer within a working day.

push-dispute-overdue-title = A dispute is overdue
push-dispute-overdue-body = { $category }: both sides have been waiting for longer than they were promised.

push-dispute-statement-title = Something was said
push-dispute-statement-body = There is a new statement in your dispute.

push-dispute-decided-title = The dispute is decided
push-dispute-decided-body = The decision and its reason are in the app.

push-review-asked-title = How did it go?
push-review-asked-body = Your review stays hidden until both are written, or for seven days.

push-reviews-visible-title = The reviews are visible
push-reviews-visible-body = You can now read what the other side wrote.

push-quote-received-title = A price for your job
push-quote-received-body = A provider has named a price. Compare the answers in the app.

push-counter-asked-title = Another price?
push-counter-asked-body = { $category }: the resident would pay { $price }. Say yes, or stay with yours.

push-counter-agreed-title = Agreed on the price
push-counter-agreed-body = The provider agrees to { $price }. You can choose them now.

push-counter-refused-title = The price stands
push-counter-refused-body = The provider stays with { $price }. You can still choose them, or another.

push-quote-chosen-title = Your price was chosen
push-quote-chosen-body =
    { $when ->
        [unsaid] The job is yours. You will find the address in the app.
       *[said] The job is yours: { $when }. You will find the address in the app.
    }

push-quote-not-chosen-title = Another answer was chosen
push-quote-not-chosen-body = Thank you for your price. It changes nothing in your ranking.

push-calendar-confirm-title = Are these your hours?
push-calendar-confirm-body = Your calendar still holds the hours we assumed. Confirm or change them, so that offers fit.

### Why a job found nobody, and what would change that

reason-nobody-in-reach = Nobody who does this works near enough at the moment. You can leave it on the waiting list or try another category.
reason-nobody-free = Everybody near you is busy in that window. Another day or a longer window would help.
reason-nobody-answered = Nobody answered in time. Ask again, or give people longer to answer.
reason-nobody-chosen = Prices were named, and none was chosen in time. Ask again to receive new ones.
reason-price-too-low = Nobody near you comes for that amount. A higher amount would help, or ask for quotes.
reason-declined-price = The price was too low for those we asked. A higher amount would help, or ask for quotes.
reason-declined-distance = It was too far for those we asked. A higher amount for the trip would help.
reason-declined-time = The time suited nobody. Another day or a longer window would help.
reason-declined = Nobody we asked could take it. Another day or a higher amount would help.
reason-no-longer-possible = The time for it has passed. Choose another day to ask again.

### Papers: what an order and a receipt say

paper-order = Order
paper-order-file = order
paper-receipt = Receipt { $number }
paper-receipt-file = receipt-{ $number }
paper-number = no. { $number }
paper-resident = Client
paper-provider = Provider
paper-trade = Kind of job
paper-job = Reference
paper-place = Place
paper-visit = Visit
paper-span = { $begins } to { $ends }
paper-agreed-on = Agreed on
paper-called-off = Called off on
paper-as-of = As of
paper-price = Price
paper-item = Item
paper-amount = Amount
paper-tax = Of which tax
paper-total = Total
paper-labelled = { $what }: { $label }
paper-by-the-hour = { $minutes } min at { $rate } an hour
paper-by-receipt = by receipt; { $most } at most was agreed
paper-without-receipt = at most, by receipt
paper-because-evening = evening, { $percent } %
paper-because-sunday = Sunday, { $percent } %
paper-line-fixed = Price of the job
paper-line-quote = Price named
paper-line-labour = Labour
paper-line-call-out = Travel
paper-line-option = Option
paper-line-surcharge = Surcharge
paper-line-supplies = Supplies
paper-line-counter = Moved to what both agreed on
paper-line-credit = Credit
paper-changes = Changes
paper-asked = Asked by
paper-what = What
paper-answer = Answer
paper-change-asked = Waits for an answer
paper-change-agreed = Agreed
paper-change-refused = Refused
paper-change-withdrawn = Withdrawn
paper-payments = Payments
paper-when = When
paper-method = Paid by
paper-method-cash = Cash
paper-method-transfer = Bank transfer
paper-method-card = Card
paper-method-cheque = Cheque
paper-method-other = Other
paper-receipt-number = Receipt
paper-not-received-yet = not confirmed yet
paper-received = Received on
paper-paid = Paid
paper-balance = Balance
paper-credit = Tax credit
paper-cost = Cost after tax credit
paper-platform-fee = Platform fee
paper-net = Net for the provider
paper-calling-off-fee = For calling off or not being there
paper-awaits-receipt = Supplies without a receipt, not owed yet
paper-owed = Left to pay
paper-recorded = Written down by Jobbing as both sides said it. Jobbing moves no money.

### What stands in for a name, a title or a number

unnamed-person = No name
erased-person = Former member
erased-job-title = Erased
price-to-quote = name your price
distance-nearby = less than 100 m

### Fields: what is wrong with one value of a request

field-required = This is required.
field-null = This must not be null.
field-unknown = There is no such field.
field-object = This must be an object.
field-text = This must be text.
field-control-characters = This contains characters that cannot be shown.
field-length = This must have { $least } to { $most } characters.
field-count = This must have { $least } to { $most } items.
field-range = This must lie between { $least } and { $most }.
field-choice = This must be one of: { $choices }.
field-whole-number = This must be a whole number, without quotes.
field-number = This must be a number, without quotes.
field-flag = This must be true or false.
field-id = This must be a UUID.
field-photos = These must be ids of photos.
field-email = This must be an e-mail address.
field-slug = This must be a short name such as gutter-cleaning.
field-language = This must be a language code of two small letters, such as fr.
field-currency = This must be a currency code of three capitals, such as EUR.
field-phone = This must be a telephone number with its country code, such as +33612345678.
field-start-code = This must be four digits.
field-time-of-day = This must be a time of day such as 08:30.
field-time-zone = This must be a time zone such as Europe/Paris.
field-instant = This must be an instant with its offset, such as 2026-11-24T14:00:00+01:00.
field-day = This must be a date such as 2026-12-01.
day-before-first = This must not be before the first day.
days-too-many = This may be { $most_days } days at most.
field-point = This must be a GeoJSON Point with type and coordinates.
field-position = A position must be exactly two numbers: longitude, then latitude.
field-position-bounds = Longitude must lie between -180 and 180, latitude between -90 and 90.
field-box = This must be west,south,east,north in degrees, such as 4.7,45.6,5.0,45.9.
field-polygon = This must be a GeoJSON Polygon with type and coordinates.
field-polygon-corners = The outline must have { $most } corners at most.
field-polygon-open = Each ring must have at least four positions and end where it starts.
field-polygon-crossing = The outline must enclose an area and not cross itself.
field-list = This must be a list.
field-cursor = This is not a cursor that a list gave out.
field-idempotency-key = This must be 1 to 255 visible ASCII characters.
field-one-of-two = Give exactly one of { $first } and { $second }.
field-body-empty = Name at least one thing to change.
field-password = This must have 10 to 200 characters.
field-current-password = This must be your present password.
field-display-name = This must be 1 to 80 characters on one line, without control characters.
field-role = This must be resident or provider.
field-not-oneself = This is your own account.
field-too-many-favourites = At most { $most } favourites. Take one out first.
field-too-many-series = At most { $most } jobs can come again. End one first.
field-topic = There is no such topic. Known are offers, answers, visits, reviews and account.
field-way = There is no such way. Known are push, mail and sms.
field-level = This must be read or act.
field-market = Name at least one market, and only markets there are.

### Briefs: what does not answer the template, and answers in words

brief-question-unknown = There is no such question for this kind of job. Known are: { $choices }.
brief-task-unknown = There is no such task for this kind of job. Known are: { $choices }.
brief-preset-unknown = There is no such example for this kind of job. Known are: { $choices }.
brief-version-unknown = This kind of job has no template of that version.
brief-yes = Yes
brief-no = No
brief-photos =
    { $count ->
        [one] one photo
       *[other] { $count } photos
    }

### Photos: why one is not taken, or does not belong there

picture-damaged = This picture is damaged or not complete. Send it again, or another one.
picture-moves = This picture moves. Send one that stands still.
picture-too-many-pixels = This picture may have { $most_megapixels } megapixels at most. Send a smaller one.
picture-too-narrow = This picture is too small or too narrow to show anything.
photo-unknown = There is no such photo of yours. Send it again.
photo-twice = This photo is named twice.
photo-used = This photo is used elsewhere. Send it again to use it here too.
photo-is-a-paper = A PDF can only be a paper or a receipt.
photos-too-many = At most { $most } photos.
portfolio-category = There is no such category.

### Papers: their names, and why one does not fit

paper-r = Liability insurance
paper-q = Qualification
paper-d = Ten-year cover
paper-t = Transport register
paper-a = Animal certificate
paper-c = Certibiocide
paper-s = Declaration for home services
paper-identity = Identity
paper-registration = Registration
paper-category = There is no such category.
paper-day-too-far = This day is too far away.
paper-for-all = This paper is not for some kinds of work only.
paper-for-what = Say which kinds of work it covers.
paper-is-over = This paper is over. Hand in the present one.
paper-says-until-when = Say until when it counts; it stands on the paper.
consent-in-writing = Write it down in your own words.
same-person = It is they who come already.

### Jobs: why its terms do not fit together

amount-required = Say how much.
choose-never-now = Comparing quotes takes time: choose "instant" when it is urgent.
currency-of-the-market = Prices here are in { $currency }.
no-amount-with-quotes = With quotes it is the providers who name the price.
not-editable = This cannot be changed.
now-starts-within-4-hours = An urgent job must be able to start within 4 hours.
quotes-only-with-choose = Quotes need the mode "choose".
window-ends-before-it-starts = This must be after the start.
above-the-budget = This is more than the resident pays for the whole job.
same-hour = It is at that hour already.
waits-for-required = Say what it waits for.
waits-for-when-blocked = This goes with blocked only.
amount-or-lines = Name one amount, or items, and not both.
counter-out-of-bounds = This is too far from the price that was named.
less-than-nothing = The job would cost less than nothing.
more-than-anything-costs = Nothing costs that much. Check the amounts.
credit-below-zero = A credit is below zero, everything else above.
more-than-is-owed = This is more than is left to pay.
not-supplies = There are no supplies at this place of the order.
supplies-charged = The receipt of these supplies was shown before.
more-than-agreed = This is more than was agreed. Ask for a change of the order.
receipt-required = Show the receipt: a photo of it, or a PDF.
message-empty = Write something, or show a photo.
suspend-instead = A provider is not hidden; suspend the account instead.
window-past = There is not enough time left in this window.
window-shorter-than-the-job = The window must be at least as long as the job.
window-too-far-ahead = This must be at most 60 days ahead.
window-too-long = This must be at most 30 days after the start.
moved-too-far = This must be less than 31 days from the usual time.
first-is-none-of-them = The day of the first must be among these.
times-or-until = Say how often or until when, not both.

# --- pages that links in mails lead to ---

page-new-password = New password, at least 10 characters
page-verify-email-title = Confirm your e-mail address
page-verify-email-intro = One tap, and we know that this address is yours.
page-verify-email-button = Confirm the address
page-verify-email-done = Thank you, your address is confirmed. You can close this page and go on in the app.
page-verify-email-again = Something is missing in the link. Open it again from the mail.
page-verify-email-failed = This link is no longer good: it was used before or is too old. Ask for a new one in your profile.
page-reset-password-title = Choose a new password
page-reset-password-intro = You will be signed out everywhere and can then sign in with the new password.
page-reset-password-button = Set the new password
page-reset-password-done = Your password is set. You can close this page and sign in with it.
page-reset-password-again = This password cannot be taken: use 10 to 200 characters.
page-reset-password-failed = This link is no longer good: it was used before or is too old. Ask for a new one on the sign-in page.

# How often a job comes again.
series-weekly =
    { $interval ->
        [1] Every week
       *[other] Every { $interval } weeks
    }
series-monthly =
    { $interval ->
        [1] Every month
       *[other] Every { $interval } months
    }

### Standing: how a provider stands, what would change it, what it does

standing-level = You are at level { $level }.
standing-badge = Usually answers within { $within }
standing-needs-finished =
    { $count ->
        [one] One more finished job
       *[other] { $count } more finished jobs
    } to level { $level }
standing-needs-reviews =
    { $count ->
        [one] One more review
       *[other] { $count } more reviews
    } to level { $level }
standing-needs-stars = A rating of { $need } to level { $level }; yours is { $have }
standing-needs-reliability = A reliability of { $need } to level { $level }; yours is { $have }
standing-ranking = It decides { $now } of your place for jobs that are for now, { $scheduled } for jobs on a date and { $flexible } for jobs that may wait.
standing-ranking-nothing = The ranking does not look at it.
standing-rating = { $stars } of 5, from { $count ->
        [one] one review
       *[other] { $count } reviews
    }. Recent ones weigh more, and { $weight } imagined ones of { $prior } count too, so that no single review decides.
standing-rating-changes = A review of five stars would make it { $better }.
standing-reliability = { $share }. In the last { $days } days, visits on time: { $kept }; late, given back or missed: { $let_down }. { $prior } imagined visits count too, { $good } of them on time. What a resident calls off never counts.
standing-reliability-changes = The next visit begun on time would make it { $better }.
standing-responsiveness = { $share }. In the last { $days } days, offers answered: { $answered }; left to expire: { $unanswered }. { $prior } imagined offers count too, { $good } of them answered. A decline is an answer.
standing-responsiveness-changes = The next answer, a decline as well, would make it { $better }.
standing-response-time =
    { $within ->
        [unsaid] No answer that took an offer or named a price in the last { $days } days ({ $count }).
       *[said] Half of your answers came within { $within }, of { $count } in the last { $days } days. Declines are left out.
    }
standing-response-time-changes = Residents see it from { $least } such answers on, where half of them come within { $most }.
standing-declines = A decline is an answer. It lowers no figure, no level and no place in the ranking.

### Statements: what a provider took in a month

statement-heading = Statement of { $month }
statement-provider = Provider
statement-what = { $what }: { $title }
statement-paid-by = { $said } (no. { $numbers })
statement-worked = Hours at work
statement-nothing = Nothing was taken in this month.
statement-recorded = Payments are made between client and provider, and are written down here as both have said. Each job stands on the day it was completed in { $time_zone }.
statement-date = Date
statement-kind = What
statement-job = Job
statement-category = Category
statement-title = Title
statement-total = Total
statement-trip = Trip in it
statement-fee = Platform fee
statement-net = Net
statement-credit = Tax credit
statement-payment = Payment
statement-received = Received
statement-receipts = Receipts
statement-currency = Currency
statement-sum = Sum
statement-kind-job = Job completed
statement-kind-cancellation = Visit called off
statement-payment-unpaid = Unpaid
statement-payment-part-paid = Paid in part
statement-payment-said = Said to be paid
statement-payment-received = Received
statement-payment-free = Nothing to pay

### Calendars: what another calendar shows of a provider's visits

calendar-name = Jobbing: visits
calendar-event = { $category }, { $place }
