# Jobbing, in English. Plain words; every message says what to do next.

## Everywhere

app-name = Jobbing
other-language = Français
loading = Loading…
go-back = Back
go-home = Back to the start
close = Close
leave-it = No, leave it
try-again = Try again
look = Look
skip-to-content = Skip to content
navigation = Navigation
toast-label = Messages
field-optional = (optional)
offline = No network: you see what this phone has kept.
update-ready = A new version is ready.
update-now = Update
unreachable-title = Nobody answers
unreachable-text = The network or the server does not answer. Nothing is lost: try again in a moment.
failure-title = Something broke
failure-text = It is not your fault. Try again; if it keeps happening, come back a little later.
broken-text = This screen could not open. Try again: your jobs and messages are safe.
missing-title = Nothing at this address
missing-text = The link may be old, or what it showed is no longer there.

## The bar below

tab-offers = Offers
tab-day = My day
tab-jobs = My jobs
tab-post = Post
tab-earnings = Earnings
tab-me = Me
offers-waiting = { $count ->
    [one] one offer waits for your answer
   *[other] { $count } offers wait for your answer
}

## Welcome and signing in

welcome-title = A small job to do? A neighbour takes care of it.
welcome-text = A gutter, a hedge, a wardrobe to put up: describe it, and somebody close by answers.
welcome-near = People nearby, free when you need them
welcome-price = The price known before you say yes
welcome-trust = Rated by those they have helped
welcome-post = Post a job
welcome-work = Offer my services
welcome-sign-in = I have an account
sign-in = Sign in
sign-in-new = No account yet?
sign-in-again-title = Please sign in again
sign-in-again-text = Your session has ended. After signing in you come back exactly here.
sign-up = Create an account
sign-up-send = Create my account
sign-up-known = Already have an account?
sign-up-role = You are here to…
role-resident = Get a job done
role-provider = Work
display-name = First name or display name
display-name-hint = This is how others will see you.
email = E-mail address
password = Password
password-hint = At least ten characters; a short phrase is fine.
name-missing = Say what to call you.
email-wrong = This e-mail address looks incomplete.
password-missing = Enter your password.
password-short = At least ten characters are needed.
too-long = This is too long.
forgotten = Forgot your password?
forgotten-text = We send you a link to choose a new one.
forgotten-send = Send the link
forgotten-sent-title = Look at your e-mail
forgotten-sent-text = If { $email } has an account, a link has just left. It is good for an hour.

## Ratings and photos

rating-none = New
rating-aloud = Rated { $mean } out of 5, { $count ->
    [one] one review
   *[other] { $count } reviews
}
stars = { $stars ->
    [one] one star
   *[other] { $stars } stars
}
photos = Photos
photo-number = Photo { $number } of { $of }
photo-document = Document
photo-add = Add a photo
photo-remove = Remove photo { $number }

## Map

map-loading = The map is coming…
map-your-pin = The pin: arrow keys move it
map-handle = The radius: arrow keys change it
map-corner = Corner

## Notifications

offer-arrived = An offer for you
offer-look = Look at the offer
push-why-resident = Hear as soon as somebody answers
push-why-provider = Get offers even when the app is closed
push-promise = Only what concerns you, never advertising. No name or address shows on the lock screen.
push-allow = Allow notifications
push-home-screen-title = On an iPhone, one more step
push-home-screen-share = Press “Share” at the bottom of Safari
push-home-screen-add = then “Add to Home Screen”
push-home-screen-open = Open Jobbing from its new icon
push-not-denied = Notifications are blocked in this device’s settings. While the app is open it looks by itself every few seconds.
push-not-unable = This browser cannot notify. Keep the app open: it looks by itself every few seconds.
push-not-unset = This server sends no notifications to browsers. Keep the app open: it looks by itself every few seconds.
