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
