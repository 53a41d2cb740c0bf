# Posting a job, comparing, following it.

## Nobody came

remedy-another-day = Rather { $detail }
remedy-higher-price = Offer { $detail }
remedy-choose = Get quotes and choose
remedy-wait-list = Tell me when somebody has time
remedies-reach = { $count ->
    [one] One person could come
    [20] 20 people or more could come
   *[other] { $count } people could come
}
remedies-might = { $count ->
    [0] Nobody near you does this yet
    [one] One person does this but has no time
    [20] 20 people or more do this but have no time
   *[other] { $count } people do this but have no time
}
unfilled-title = Nobody is available yet
unfilled-asked-again = Off it goes: we are asking again right now.
unfilled-waits = You are on the waiting list until { $until }. We tell you as soon as somebody can come.
unfilled-stop-waiting = Stop waiting
unfilled-same-again = Ask again as it is

## Being matched

matching-title = We are looking for somebody
matching-since = Posted { $ago }
matching-looking-for-whom = We are choosing whom to ask
matching-asked = { $count ->
    [one] One person nearby has been told
   *[other] { $count } people nearby have been told
}
matching-within = at most { $distance } away
matching-nobody-looked = Nobody has opened it yet
matching-looked = { $count ->
    [one] One person has looked at it
   *[other] { $count } people have looked at it
}
matching-no-answer = No answer yet
matching-declined = { $count ->
    [one] One person cannot
   *[other] { $count } people cannot
}
matching-no-price = No price yet
matching-prices = { $count ->
    [one] One person has named a price
   *[other] { $count } people have named a price
}
matching-next-choose = Prices appear here as they come in. You compare, then you choose.
matching-next-now = The first person to accept comes right away. Keep your phone near you.
matching-next-instant = The first person to accept has the job. If nobody answers, we ask further away.
matching-more-to-come = { $count ->
    [one] One more will be told next.
   *[other] { $count } more will be told next.
}
matching-compare = { $count ->
    [one] See the answer
   *[other] Compare the { $count } answers
}
matching-end = Call off the request
matching-end-title = Call this request off?
matching-end-text = Nobody else will be told, and prices you have received are lost. It costs nothing.
matching-end-yes = Yes, call it off

## Posting a job

post-steps = Steps
post-progress = Step { $at } of { $of }
post-mark-what = What
post-mark-details = Details
post-mark-where = Where, when
post-mark-price = Price
post-step-what = What do you need?
post-step-example = Which is most like yours?
post-step-details = A few details
post-step-where = Where and when?
post-step-price = At what price?
post-on = Continue
post-change = Change
post-drop = Clear
post-drop-title = Clear this request?
post-drop-text = Everything you have written here goes, photos included.
post-search = Search for a job
post-search-example = Hedge, wardrobe, leak…
post-found = { $count ->
    [one] one result
   *[other] { $count } results
}
post-nothing-found = Nothing by that name
post-nothing-found-text = Try a simpler word, or “odd jobs”: anything goes there.
post-example-text = Choose the nearest: nearly everything will be filled in. You can change all of it.
post-about = about { $time }
post-none-of-these = None of these, I will describe it
post-chosen = Your choice
post-title-label = In one line
post-title-hint = No name or address: this is what those we ask will read.
post-title-suggested = { $category } – { $preset }
post-photos-hint = A photo saves many questions. Where it was taken is removed.
post-tasks = What is to be done
post-more = More details
post-text = Anything else to know?
post-text-hint = How does one recognise a job well done?
post-length = How long it should take
post-needs = Tools to bring
post-number-wrong = A number between { $least } and { $most }.
post-yes = Yes
post-no = No
post-where = Where?
post-my-position = My position
post-on-map = On the map
post-position-denied = This device does not share its position. Search for your town, or press the map.
post-position-failed = The position cannot be found here. Search for your town, or press the map.
post-place-search = Search for a town or district
post-place-example = Villeurbanne
post-place-none = No place by that name. Check the spelling, or press the map.
post-place-first = The place first
post-map = Map: press where the job is
post-pin = the pin
post-placed = Place: { $place }. Press the map to correct it.
post-press-the-map = Press the place on the map.
post-outside-title = We are not there yet
post-outside-text = For now we work here: { $towns }. Choose a place in that area.
post-address = Address
post-address-hint = Only who comes will see it. The others see the neighbourhood.
post-access = Floor, lift, parking
post-access-text = How does one get in?
post-access-ground = Ground floor
post-access-lift = Lift
post-access-no-lift = No lift
post-access-parking = Easy parking
post-when = When?
post-when-now = Right now
post-when-today = Today
post-when-tomorrow = Tomorrow
post-when-weekend = This weekend
post-when-week = Within a week
post-when-choose = Choose
post-day = Day
post-part = Time of day
post-part-day = All day
post-part-morning = Morning
post-part-afternoon = Afternoon
post-part-evening = Evening
post-too-late = It is too late for that time: choose another, or a shorter job.
post-budget = Your budget
post-budget-fixed = Fixed price
post-budget-hourly = By the hour
post-budget-quotes = Quotes
post-budget-says-fixed = You pay this amount for the whole job, travel included.
post-budget-says-hourly = Everybody has their rate: never more than this amount an hour.
post-budget-says-quotes = Everybody names a price, and you choose.
post-amount-fixed = Amount for the whole job
post-amount-hourly = At most, per hour
post-amount-wrong = Enter an amount, such as 60.
post-amount-later = With an account we propose an amount from the prices here.
post-review = You are in. This is what to expect: check the amount, then send.
post-guidance = Usually between { $low } and { $high } here.
post-mode = Who comes?
post-mode-instant = The first to accept
post-mode-choose = I choose
post-mode-says-instant = The fastest: the first good person to accept has the job.
post-mode-says-choose = You compare up to five answers (rating, price, date), then you choose.
post-languages = Language spoken
post-languages-hint = They will speak at least one of these. With none chosen, any will do.
post-nothing-binds = Asking costs nothing, and can be called off until somebody has accepted.
post-send = Send the request
post-waits = Your request may not have arrived. Send it again: it will be posted only once.
post-who = One last thing: who are you?
post-who-text = An account, so that people can answer you. What you have written is kept.
post-who-to-see = With an account you see who could come, when and for how much. Nothing is sent yet.

## What to expect

promise-title = What to expect
promise-sign-in = Who could come, when, for how much: create an account to see it before you send.
promise-see = See who could come
promise-who = Who
promise-could-come = { $count ->
    [one] One person could come
    [20] 20 people or more could come
   *[other] { $count } people could come
}
promise-outside-hours = { $count ->
    [one] One more perhaps, outside their hours
   *[other] { $count } more perhaps, outside their hours
}
promise-when = When
promise-first = At the earliest { $when }
promise-cost = How much
promise-price = All in, between { $low } and { $high }
promise-price-unknown = Too few prices known here to name one
promise-basis-finished-jobs = From { $count } jobs like it.
promise-basis-providers-prices = From the rates of { $count } people.
promise-credit = About { $cost } after tax credit, if they are declared for it.
promise-answer = Answer
promise-wait = First answer in about { $time }
promise-wait-unknown = Too few requests like it to say when you will hear
promise-nobody = Nobody could come like this
promise-post-anyway = You can send it all the same: then you may wait until somebody has time.

## My jobs

board-title = My jobs
board-post = Post a job
board-empty-title = A small job to do?
board-empty-text = Describe it in a minute: somebody close by answers.
board-more = Show more
board-with = with { $name }
board-shelf-mine = Your turn
board-shelf-coming = To come
board-shelf-matching = Being matched
board-shelf-done = Done
board-next-help = See what would help
board-next-confirm = Look at the work, then confirm
board-next-answer-reschedule = Another hour is proposed to you
board-next-unblock = Something is needed from you
board-next-dispute = Follow the dispute
board-next-wait-prices = Prices are coming in
board-next-wait-answer = People nearby have been told
board-next-on-my-way = On the way to you
board-next-visit = Nothing to do before the visit
board-next-under-way = The work is under way
job-state-open = Being matched
job-state-assigned = Booked
job-state-in_progress = In progress
job-state-finished = To confirm
job-state-completed = Done
job-state-unfilled = Unanswered
job-state-cancelled = Called off
job-state-disputed = Disputed
series-title = Regular jobs
series-skip = Skip
series-skip-day = Skip { $day }
series-restore = Put back
series-restore-day = Put back { $day }
series-missed = Not asked
series-end = End the series
series-end-title = End this series?
series-end-text = Nothing more will be asked. What was asked already stays.

## Comparing

answers-title = The answers
answers-over = The choice is made
answers-to-job = See the job
answers-none = No price yet
answers-none-text = They appear here as soon as they come. You may close the app.
answers-at-a-glance = The answers at a glance
answers-who = Who
answers-price = Price
answers-date = Date
answers-rating = Rating
answers-distance = Distance
answers-response = Response time
answers-somebody = Somebody nearby
answers-inspection = For coming to look; counted towards the work that follows.
answers-all-in = All in.
answers-credit = { $cost } after tax credit.
answers-best-price = Cheapest
answers-best-distance = Nearest
answers-best-date = Earliest
answers-best-rating = Best rated
answers-best-response = Quickest to answer
answers-first = At the earliest { $when }
answers-within = at most { $distance } away
answers-response-in = Answers in about { $time }
answers-steps = How, and how long it takes
answers-why = Why { $name }?
answers-reviews = What others say
answers-choose = Choose { $name }
answers-counter = Propose another price
answers-write = Write
answers-sure = Choose { $name }?
answers-sure-text = { $amount }, at the earliest { $when }. The other answers are closed.
answers-counter-open = You proposed { $amount }. The first price stands until they answer.
answers-counter-agreed = Your price of { $amount } is accepted.
answers-counter-refused = Your price of { $amount } was not accepted. The first one stands.
answers-counter-text = Once only, between { $least } and { $most }.
answers-counter-amount = Your price
answers-counter-bounds = Between { $least } and { $most }.
answers-counter-send = Propose this price
answers-counter-sent = Proposed. The answer will appear here.

## Somebody

provider-title = Profile
provider-level = Level { $level }
provider-visits = Visits
provider-visits-count = { $count ->
    [0] No visit yet
    [one] One visit done
   *[other] { $count } visits done
}
provider-since = Since { $month }
provider-redo = { $share } to be redone
provider-languages = Languages
provider-tools = Tools
provider-papers = Verified papers
provider-paper-until = Valid until { $month }
provider-portfolio = Work done
provider-does = What they do
provider-reviews = Reviews
provider-no-reviews = No reviews yet. Everybody starts one day.
provider-reply = Their reply
provider-favour = Add to favourites
provider-favoured = A favourite
provider-favour-text = Your favourites are told before others.
provider-report = Report
provider-report-why = Why?
provider-report-text = What happened?
provider-report-send = Send the report
provider-reported = Thank you. A person will look at it and answer you.
provider-block = Do not match again
provider-block-title = Never match { $name } again?
provider-block-text = You will not be put in touch any more. They are not told why.
provider-blocked = { $name } will not be proposed to you any more.
provider-unblock = Undo
report-reason-false = It is false
report-reason-fraud = Fraud
report-reason-insult = Insults
report-reason-private = Private details
report-reason-spam = Advertising
report-reason-other = Something else
paper-kind-R = Liability insurance
paper-kind-Q = Professional qualification
paper-kind-D = Ten-year cover
paper-kind-T = Transport register
paper-kind-A = Animal certificate
paper-kind-C = Certibiocide
paper-kind-S = Declared for home services
paper-kind-identity = Identity
paper-kind-registration = Registered business
