## An offer

offer-title = An offer
offer-where = Distance
offer-when = When
offer-distance = { $distance } from you
offer-lasts = about { $time }
offer-net = for you, net
offer-net-none = You name the price
offer-gross = The resident pays { $total }
offer-fee = Jobbing’s fee
offer-trip = Of it { $trip } for the trip
offer-money-lines = The price in detail
offer-site = Access, floors, parking
offer-site-none = The resident said nothing of floors or parking.
offer-needs = Tools to bring
offer-more = Everything the resident says
offer-tasks = To do
offer-photos = The resident’s photos
offer-outside-hours = This is outside your usual hours. Accept only if it suits you.
offer-left = { $time } left
offer-days = { $days ->
    [one] 1 day
   *[other] { $days } days
}
offer-urgency-now = Right now
offer-accept = Accept
offer-accept-busy = Booking…
offer-accepted = It is yours!
offer-undo = Undo
offer-undone = Undone, without any consequence. Others are being asked.
offer-undo-left = You can still go back for { $seconds } s.
offer-who = Somebody else comes in your place?
offer-who-label = First name of whoever comes
offer-who-hint = Leave it empty if it is you. The resident sees this name before the visit.
offer-decline = No thanks
offer-decline-title = Why not this one?
offer-decline-text = Declining costs you nothing: it counts as an answer.
decline-price = Pays too little
decline-distance = Too far
decline-time = Not at that time
decline-skill = Not my trade
decline-other = Another reason
offer-declined-toast = Noted, thank you for answering.
offer-offline-title = No network to accept with
offer-offline-text = An acceptance never leaves later by itself: by then somebody else may have the job. The button works again as soon as the network is back.
offer-back-online = The network is back: you can accept.
offer-unsure = It is not known whether your answer arrived. Try again: accepting twice books once.
offer-taken-title = Somebody was faster
offer-taken-text = This job has just been taken. It changes none of your figures; other offers are coming.
offer-late-title = The offer is over
offer-late-text = The time to answer has passed. If the job stays open, you may be asked again.
offer-conflict-title = That hour is no longer free
offer-conflict-text = Another visit is planned then, and there is no other free stretch. Look at your day.
offer-quote-required = The resident compares several answers: send your price.
offer-withdrawn-title = This job is no longer to be had
offer-withdrawn-text = Somebody took it, or the resident withdrew it. It does not count against you.
offer-expired-title = The time to answer has passed
offer-expired-text = No time to look? A “no thanks” counts as an answer and keeps your place.
offer-declined-title = You declined
offer-declined-text = It is an answer like any other: it costs you nothing.
offer-accepted-title = This job is yours
offer-accepted-text = The exact address and the messages are with the job.
offer-open-job = Open the job
offer-back-to-list = See other offers
offer-see-day = See my day
offer-stand-by-title = Can you stand by?
offer-stand-by-text = Whoever was to come does not answer any more. If you are ready, you are asked first. Either answer costs nothing.
offer-stand-by-yes = Yes, I am ready
offer-stand-by-no = No, not this time
offer-stand-by-ready = You stand by. You hear from us if you are needed.
offer-stand-by-not = You said no. That is noted.

## A quote

quote-title = Your price
quote-send = Send my price
quote-sent-title = Your price is on its way
quote-sent-text = The resident compares the answers. You hear of the choice, or of another amount they propose.
quote-way = How to say it
quote-way-sum = In one sum
quote-way-lines = Line by line
quote-amount = Price all in
quote-amount-wrong = Enter an amount.
quote-lines = Lines
quote-line-label = What it is
quote-line-amount = Amount
quote-line-rate = Price an hour
quote-line-minutes = Minutes
quote-line-most = At most, by receipt
quote-line-add-labour = + Labour
quote-line-add-supplies = + Supplies
quote-line-add-call-out = + Call-out
quote-line-add-option = + Other
quote-line-labour = Labour
quote-line-supplies = Supplies
quote-line-call-out = Call-out
quote-line-option = Other
quote-line-remove = Remove
quote-total = Total
quote-steps = The steps, one a line
quote-steps-hint = What you will do, in order. It shows the resident that you know how to go about it.
quote-why = Why you?
quote-why-hint = One sentence: what you have done of the kind.
quote-first = First possible date
quote-first-hint = Leave it empty for the hour of the offer.
quote-message = A word to the resident
quote-inspection = It is for coming to look first
quote-inspection-hint = The sum counts towards the price of the work that follows.
quote-more = Add steps, a date, a word
quote-counter-title = The resident proposes { $amount }
quote-counter-text = You had said { $mine }. If you say no, your price stands.
quote-counter-yes = { $amount } it is
quote-counter-no = No, I keep my price
quote-yours = Your price

## Lines of a price

price-fixed = The resident’s price
price-quote = Your price
price-labour = Labour
price-call-out = Call-out
price-option = Option
price-surcharge = Surcharge
price-supplies = Supplies, at most
price-counter = Adjustment
price-credit = Already paid
price-hourly = { $time } at { $rate } an hour

## Offers

offers-title = Offers
offers-live = { $count ->
    [0] Nothing waits for your answer
    [one] One offer waits for your answer
   *[other] { $count } offers wait for your answer
}
offers-open = Open jobs near you
offers-open-text = They were not offered to you yet, but they are within your reach.
offers-open-show = Show as
offers-as-list = List
offers-as-map = Map
offers-map = Open jobs on the map
offers-open-none = No other open job within your reach just now.
offers-open-hint = Go on duty: an open job is offered to you as soon as it fits.
offers-none-title = Nobody asks just now
offers-none-text = You are asked as soon as a job fits. To be asked more: go on duty, widen your reach, add services.
offers-widen = Widen my reach
offers-add-skills = Add services
offers-no-profile-title = First say what you do
offers-no-profile-text = Where you set out from, what you can do, when you work: three minutes, and offers can come.
offers-no-profile-go = Begin
offers-calendar-title = Are your hours right?
offers-calendar-text = We assumed Monday to Saturday, 8 to 19. Confirm, so that you are asked only when you can.
offers-calendar-go = Check my hours
offers-quoted = Prices sent
offers-pause = Ten offers left unseen pause them: going on duty or answering brings them back.

duty = On duty
duty-on = Jobs for “right now” reach you. Your position is sent every 30 s; only the last is kept, ten minutes at most.
duty-off = You get offers by your calendar. On duty you also get jobs for “right now”.
duty-denied = Your position is refused in the settings: we reckon from your base. Offers by your calendar still come.
duty-unknown = Your position cannot be found here: meanwhile we reckon from your base.
duty-finding = Looking for your position…

## The day

day-title = My day
day-today = Today
day-tomorrow = Tomorrow
day-none-title = No visit planned
day-none-text = What you accept appears here, in order, with the way there and what to do next.
day-none-today = Nothing today. Enjoy it.
day-now = Under way
day-travel = { $distance } to the next one, about { $time }
day-route = Route
day-open = Open
day-check-in = Say how it goes
day-action-confirm = Confirm the visit
day-action-go = Set out
day-action-start = Begin
day-action-continue = Continue
day-for = For { $name }
day-kept = Kept on this phone, as of { $time }.

## Earnings

earnings-title = Earnings
earnings-period = Period
earnings-by-day = This month, by day
earnings-by-week = Three months, by week
earnings-earned = Earned
earnings-earned-hint = Net of fees and trips
earnings-fees = Jobbing’s fees
earnings-hours = Hours worked
earnings-per-hour = An hour
earnings-total = Paid by residents
earnings-received = Received so far
earnings-trips = Trips
earnings-chart = Earnings by period
earnings-table = See the table
earnings-when = When
earnings-jobs = Jobs
earnings-none = Nothing completed in this period. The first confirmed job will appear here.
earnings-offers = Offers received: { $received } · answered: { $answered } · visits won: { $won }
standing-title = Your level
standing-level = Level { $level }
standing-finished = { $count ->
    [one] One finished job
   *[other] { $count } finished jobs
}
standing-missing = To reach the next level
standing-top = You are at the highest level.
standing-figures = What counts in the ranking
standing-rating = Rating
standing-reliability = Reliability
standing-responsiveness = Answers
standing-response-time = Response time
standing-none = Not yet
statements-title = Statements by month
statements-none = No statement yet: there is one from the first completed job on.
statements-jobs = { $count ->
    [one] one job
   *[other] { $count } jobs
}
statements-csv = Table (CSV)
statements-pdf = PDF
statements-paid-unpaid = Not paid yet
statements-paid-part-paid = Paid in part
statements-paid-said = Paid, says the resident
statements-paid-received = Received
statements-paid-free = Nothing to pay
statements-cancellation = Visit called off

## The profile

profile-title = My profile
profile-save = Save
profile-saved = Saved.
profile-changed = Your profile was changed elsewhere meanwhile, on another device perhaps. Go on from what is saved.
profile-reload = Go on from what is saved
profile-identity-checked = Identity checked
profile-headline = In a line, what you do
profile-headline-hint = For example: “Odd jobs and gardens, careful and on time”.
profile-skills = My services and prices
profile-skills-none = Add at least one service: it is what you are asked for.
profile-skill-search = Add a service
profile-skill-search-hint = Type “hedge”, “furniture”, “leak”…
profile-skill-remove = Remove this service
profile-skill-edit = Change { $name }
profile-price-kind = How it is priced
profile-price-hourly = By the hour
profile-price-flat = Flat
profile-price-quote = By quote
profile-price-amount = Your price
profile-price-missing = Enter a price.
profile-call-out = Call-out
profile-call-out-hint = 0 if it is included.
profile-options = Options
profile-option-label = Name of the option
profile-option-amount = Price of the option
profile-option-add = Add an option
profile-option-remove = Remove the option
profile-price-each-hourly = { $price } an hour
profile-price-each-flat = { $price } flat
profile-price-each-quote = By quote
profile-price-trip = + { $price } call-out
profile-terms = My terms
profile-minimum = Least for a visit
profile-minimum-hint = Below this you are not asked.
profile-evening = Evening surcharge
profile-sunday = Sunday surcharge
profile-languages = Languages spoken
profile-tools = What I bring
profile-tools-hint = You are offered only what your tools allow.
profile-where-when = Where and when
profile-reach = My reach
profile-reach-radius = { $distance } around the base
profile-reach-area = A drawn area
profile-hours = My hours
profile-hours-confirmed = Confirmed
profile-hours-assumed = To be confirmed
profile-work = My work
profile-work-text = One photo before, one after: nothing convinces better.
profile-work-add = Add a piece of work
profile-work-before = Before
profile-work-after = After
profile-work-caption = What was done
profile-work-remove = Remove this piece of work
profile-work-send = Show this work
profile-work-photo-missing = At least the photo of how it is now is needed.
profile-papers = My papers
profile-papers-text = A person checks them. Nobody else sees the photos.
profile-papers-none = No paper yet.
profile-paper-add = Hand in a paper
profile-paper-kind = Which paper
profile-paper-issuer = Given out by
profile-paper-issuer-missing = Say who gave it out.
profile-paper-number = Number
profile-paper-expires = Valid until
profile-paper-expires-missing = This paper has an end: enter its date.
profile-paper-scan = Photo or PDF
profile-paper-scan-missing = Add a photo or a PDF.
profile-paper-send = Hand in
profile-paper-sent = Received: a person will check it.
profile-paper-remove = Remove
profile-paper-remove-title = Remove this paper?
profile-paper-remove-text = It counts no more, and its photo is erased.
paper-R = Liability insurance
paper-Q = Qualification
paper-D = Ten-year cover
paper-T = Transport register
paper-A = Animal certificate
paper-C = Certibiocide
paper-S = Declared for home services
paper-identity = Identity
paper-registration = Registration
paper-state-waiting = Being checked
paper-state-verified = Verified
paper-state-refused = Refused
paper-state-expired = Expired
paper-until = until { $day }

## The first time

first-title = Get my first offers
first-step = Step { $at } of { $of }
first-next = Continue
first-headline-missing = Say in a line what you do.
first-base-title = Where do you set out from?
first-base-text = Your trips are reckoned from here. Nobody else sees this point.
first-base-here = Use my position
first-base-search = Look for a town
first-base-map = Your base on the map
first-base-missing = Place your base: by your position, a town or the map.
first-base-denied = Your position is not available. Look for your town or press the map.
first-skills-title = What can you do?
first-skills-text = Two or three services are enough to begin with. Prices can be changed any time.
first-reach-title = How far do you go?
first-reach-text = You are never asked farther away.
first-hours-title = When do you work?
first-hours-text = A habit is enough; you refine it later.
first-done = All is ready: offers can come.
first-finish = That is it, I begin

## Reach

reach-title = My reach
reach-way = How to say it
reach-way-radius = A radius
reach-way-area = A drawn area
reach-way-base = Move the base
reach-radius = Radius: { $distance }
reach-map = Your reach on the map
reach-area-text = Press the map corner by corner. Corners move by finger or arrow keys.
reach-base-text = Press the map where you set out from, or move the pin.
reach-corners = { $count ->
    [0] No corner
    [one] One corner
   *[other] { $count } corners
}
reach-corner-remove = Remove the last corner
reach-corners-clear = Clear all
reach-corners-few = At least three corners are needed.
reach-travel = About { $time } of road at the farthest.

## The calendar

calendar-title = My hours
calendar-assumed = These hours are assumed. Put them right if need be, then confirm: that is when you are asked.
calendar-confirm = Confirm these hours
calendar-presets = Start from a habit
calendar-preset-weekdays = Weekdays, 8 – 18
calendar-preset-evenings = Evenings, 18 – 21
calendar-preset-weekend = Weekends, 9 – 18
calendar-way = Show as
calendar-way-drag = Drag
calendar-way-fields = Fields
calendar-drag-text = Drag over hours to add or remove them.
calendar-all-day = Show the night too
calendar-grid = My week
calendar-off = Free
calendar-from = From
calendar-to = To
calendar-add = Add hours
calendar-remove = Remove
calendar-copy = Copy to the whole week
calendar-hours = { $hours } h a week
calendar-exceptions = Days off and exceptions
calendar-exceptions-none = No day off planned.
calendar-off-from = First day
calendar-off-to = Last day
calendar-off-add = Add these days off
calendar-off-wrong = The last day comes after the first.
calendar-off-remove = Remove these days off
calendar-extra = On top of your hours
calendar-away = Away
calendar-feed = In your own calendar
calendar-feed-text = A secret link that shows your visits in your phone’s calendar. Whoever has it sees your visits.
calendar-feed-make = Make the link
calendar-feed-again = Make it anew
calendar-feed-again-text = The earlier link stops working.
calendar-feed-end = Stop
calendar-feed-once = Copy it now: it is shown only once.
calendar-feed-copy = Copy the link
calendar-feed-copied = Copied.
calendar-feed-url = Link of the calendar
calendar-feed-since = There has been a link since { $day }.
