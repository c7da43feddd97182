// Reads calendar files as a calendar written on ical.js does: a JSON list of texts on standard input, what it found on
// standard output. Instants are milliseconds; occurrences at most 100 of each entry. Used by tests/integrations.
import ICAL from "ical.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const files = JSON.parse(Buffer.concat(chunks).toString("utf8"));

const millis = (time) => (time.isDate ? time.toString() : time.toUnixTime() * 1000);

function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const parts = calendar.getAllSubcomponents("vevent");
  const events = parts.map((part) => {
    const event = new ICAL.Event(part, { strictExceptions: true });
    return {
      uid: event.uid,
      named: event.recurrenceId ? millis(event.recurrenceId) : null,
      starts: millis(event.startDate),
      ends: millis(event.endDate),
      summary: event.summary,
      description: event.description,
      location: event.location,
      attendees: event.attendees.map((one) => [one.getFirstValue(), one.getParameter("cn"), one.getParameter("partstat")]),
    };
  });
  const master = parts.find((part) => !part.getFirstProperty("recurrence-id"));
  return { events, dates: master ? dates(master, parts.filter((part) => part !== master)) : [] };
}

function dates(master, exceptions) {
  const event = new ICAL.Event(master, { exceptions });
  if (!event.isRecurring()) return [[millis(event.startDate), millis(event.endDate)]];
  const found = [];
  const iterator = event.iterator();
  for (let next = iterator.next(); next && found.length < 100; next = iterator.next()) {
    const one = event.getOccurrenceDetails(next);
    found.push([millis(one.startDate), millis(one.endDate)]);
  }
  return found;
}

process.stdout.write(JSON.stringify(files.map(read)));
