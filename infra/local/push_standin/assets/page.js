// Asks once a second what every phone shows, and changes only what changed.

const EVERY_MS = 1000

const words = JSON.parse(document.getElementById("words").textContent)
const language = document.documentElement.lang
const counting = new Intl.PluralRules(language)
const number = new Intl.NumberFormat(language)
const ago = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" })
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" })

const byId = (id) => document.getElementById(id)
const phones = byId("phones")
const search = byId("search")
const shownPhones = new Map()

/** The stand-in's clock minus ours, so that what is left of an offer is right. */
let aheadMs = 0
let firstAnswer = true

function counted(what, count) {
  const form = counting.select(count) === "one" ? "one" : "many"
  return words[`${what}_${form}`].replace("{count}", number.format(count))
}

function copyOf(id) {
  return byId(id).content.firstElementChild.cloneNode(true)
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

function hueOf(text) {
  let number = 0
  for (const letter of text) number = (number * 31 + letter.codePointAt(0)) >>> 0
  // The golden angle keeps neighbours apart.
  return (number * 137.508) % 360
}

function sinceText(instant, nowMs) {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(instant)) / 1000))
  if (seconds < 5) return words.now
  if (seconds < 60) return ago.format(-seconds, "second")
  if (seconds < 3600) return ago.format(-Math.round(seconds / 60), "minute")
  if (seconds < 86400) return ago.format(-Math.round(seconds / 3600), "hour")
  return ago.format(-Math.round(seconds / 86400), "day")
}

function lengthText(ms) {
  const [value, unit] =
    ms < 120e3 ? [ms / 1e3, "second"]
    : ms < 7200e3 ? [ms / 60e3, "minute"]
    : ms < 172800e3 ? [ms / 3600e3, "hour"]
    : [ms / 86400e3, "day"]
  const format = { style: "unit", unit, unitDisplay: "short" }
  return new Intl.NumberFormat(language, format).format(Math.round(value))
}

function notificationElement(phone, note) {
  const element = copyOf("notification")
  element.querySelector("h3").textContent = note.title
  element.querySelector(".text").textContent = note.body
  element.querySelector(".kind").textContent = note.kind
  const link = element.querySelector(".link")
  link.textContent = (note.link ?? "").replace(/^https?:\/\/[^/]+/, "")
  // What a tap would open; any other scheme stays words.
  if (/^https?:\/\//.test(note.link ?? "")) link.href = note.link
  element.querySelector(".urgent").hidden = !note.urgent
  element.querySelector(".times").textContent =
    note.times > 1 ? words.times.replace("{count}", number.format(note.times)) : ""
  if (!firstAnswer) element.classList.add("new")
  const details = element.querySelector("details")
  details.addEventListener("toggle", async () => {
    const asked = new URLSearchParams({ address: phone.address.value, after: note.sequence - 1, limit: 1 })
    const answer = await (await fetch(`/messages?${asked}`)).json()
    details.querySelector("pre").textContent = JSON.stringify(answer.messages[0]?.payload, null, 2)
  }, { once: true })
  return element
}

function showTime(element, note, nowMs) {
  setText(element.querySelector(".top time"), sinceText(note.received_at, nowMs))
  const from = Date.parse(note.received_at)
  const to = Date.parse(note.expires_at)
  const left = Math.max(0, to - nowMs)
  setText(element.querySelector(".left"), words.expires.replace("{time}", lengthText(left)))
  element.querySelector(".life i").style.transform = `scaleX(${left / Math.max(1, to - from)})`
}

/** Puts the elements in this order, touching none that is already in its place. */
function arrange(parent, elements) {
  elements.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null)
  })
  while (parent.children.length > elements.length) parent.lastElementChild.remove()
}

function showPhone(phone, nowMs) {
  const key = phone.address.value
  let shown = shownPhones.get(key)
  if (!shown) {
    shown = { element: copyOf("phone"), notes: new Map() }
    shown.element.style.setProperty("--hue", hueOf(key))
    shown.element.querySelector("code").textContent = key
    shown.element.querySelector("code").title = `${phone.address.kind}: ${key}`
    shownPhones.set(key, shown)
  }
  const { element, notes } = shown
  setText(element.querySelector(".bar time"), clock.format(nowMs))
  setText(element.querySelector(".received"), counted("received", phone.received))
  const current = phone.notifications.map((note) => {
    if (!notes.has(note.message_id)) notes.set(note.message_id, notificationElement(phone, note))
    const noteElement = notes.get(note.message_id)
    showTime(noteElement, note, nowMs)
    return noteElement
  })
  const kept = new Set(phone.notifications.map((note) => note.message_id))
  for (const id of notes.keys()) if (!kept.has(id)) notes.delete(id)
  arrange(element.querySelector(".notifications"), current)
  element.querySelector(".quiet").hidden = current.length > 0
  return element
}

function showFaults(faults) {
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 })
  const inForce = Object.entries(faults)
    .filter(([, fault]) => fault?.share > 0)
    .map(([name, fault]) => `${name} ${percent.format(fault.share)}`)
  byId("faults").hidden = inForce.length === 0
  setText(byId("faults").querySelector("span"), inForce.join(" · "))
}

function show(answer) {
  const nowMs = Date.now() + aheadMs
  const nothing = answer.all === 0
  byId("empty").hidden = !nothing
  search.hidden = nothing
  byId("no-match").hidden = nothing || answer.matching > 0
  setText(byId("figures"), nothing ? "" : `${counted("phones", answer.all)} · ${counted("messages", answer.messages)}`)
  document.title = nothing ? words.title : `${words.title} (${number.format(answer.all)})`
  showFaults(answer.faults)
  arrange(phones, answer.phones.map((phone) => showPhone(phone, nowMs)))
  const listed = new Set(answer.phones.map((phone) => phone.address.value))
  for (const key of shownPhones.keys()) if (!listed.has(key)) shownPhones.delete(key)
  const more = answer.matching - answer.phones.length
  byId("more").hidden = more === 0
  setText(byId("more"), words.more.replace("{count}", number.format(more)))
  firstAnswer = false
}

async function look() {
  try {
    const response = await fetch(`/phones?${new URLSearchParams({ q: search.value })}`)
    const answer = await response.json()
    aheadMs = Date.parse(answer.now) - Date.now()
    show(answer)
    byId("lost").hidden = true
  } catch {
    byId("lost").hidden = false
  }
}

async function keepLooking() {
  if (!document.hidden) await look()
  setTimeout(keepLooking, EVERY_MS)
}

search.addEventListener("input", look)
document.addEventListener("visibilitychange", () => document.hidden || look())
keepLooking()
