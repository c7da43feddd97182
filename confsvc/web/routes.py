"""The whole URL map: every address, who answers, who may. A route without a permission does not start."""

from __future__ import annotations

from confsvc.access import Permission as P
from confsvc.letter_files import MOST_BYTES as LETTER_FILE
from confsvc.web import callbacks, channel, endpoint, feeds, health, login, metrics, openapi, timetable
from confsvc.web.api import answers as answer_data
from confsvc.web.api import approvals as approval_data
from confsvc.web.api import busy, checking, conferences, directory, free_times, letters, me, reading
from confsvc.web.api import calendar as calendar_data
from confsvc.web.api import closures as closure_data
from confsvc.web.api import displacing as displacing_data
from confsvc.web.api import figures as figure_data
from confsvc.web.api import postponing as postpone_data
from confsvc.web.api import profiles as profile_data
from confsvc.web.api import rules as rule_data
from confsvc.web.api import running as running_data
from confsvc.web.api import series as series_data
from confsvc.web.api import series_dates as series_date_data
from confsvc.web.api import templates as template_data
from confsvc.web.api import webhooks as webhook_data
from confsvc.web.api import what_if as what_if_data
from confsvc.web.pages import (
    account,
    answers,
    approvals,
    audit,
    beside,
    book,
    book_series,
    calendar,
    cancel,
    closures,
    conference,
    contact,
    directory_acts,
    directory_import,
    displacing,
    displacing_change,
    edit,
    endpoints,
    figures,
    find_time,
    gave_way,
    goal,
    in_person,
    inbox,
    join,
    kiosk,
    letter,
    letter_make,
    line,
    official,
    outbox,
    pair,
    place_acts,
    plan_export,
    plan_import,
    postpone,
    profiles,
    purge,
    receipt,
    receipt_answer,
    recipients,
    result,
    rule_form,
    rules,
    running,
    search,
    series,
    series_cancel,
    series_dates,
    series_edit,
    series_expected,
    templates,
    timeline,
    today,
    unsent,
    user_acts,
    users,
    webhooks,
    week,
    what_if,
)
from confsvc.web.pages import conferences as conference_list
from confsvc.web.pages import directory as office
from confsvc.web.pages import feeds as feed_page
from confsvc.web.route import Route

API = "/api/v1"
CONFERENCE = f"{API}/conferences/{{key:[2-9a-hjkmnp-z]{{10}}}}"

PAGES = (
    Route("GET", "/sign-in", login.show_sign_in, P.PUBLIC),
    Route("POST", "/sign-in", login.sign_in, P.PUBLIC),
    Route("POST", "/sign-out", login.sign_out, P.PUBLIC),
    Route("POST", "/language", login.choose_language, P.PUBLIC),
    Route("GET", "/first-admin/{token:[A-Za-z0-9_-]{20,80}}", login.show_first_admin, P.PUBLIC),
    Route("POST", "/first-admin/{token:[A-Za-z0-9_-]{20,80}}", login.make_first_admin, P.PUBLIC),
    Route("GET", "/password/{token:[A-Za-z0-9_-]{20,80}}", login.show_new_password, P.PUBLIC),
    Route("POST", "/password/{token:[A-Za-z0-9_-]{20,80}}", login.set_new_password, P.PUBLIC),
    Route("GET", "/r/{token:[1-9][0-9]{0,17}-[A-Za-z0-9_-]{22}}", receipt.show, P.PUBLIC),
    Route("POST", "/r/{token:[1-9][0-9]{0,17}-[A-Za-z0-9_-]{22}}", receipt.confirm, P.PUBLIC),
    Route("POST", "/r/{token:[1-9][0-9]{0,17}-[A-Za-z0-9_-]{22}}/answer", receipt_answer.save, P.PUBLIC),
    Route("GET", "/account", account.show, P.SIGNED_IN),
    Route("POST", "/account/password", account.change_password, P.SIGNED_IN),
    Route("POST", r"/account/sessions/{id:\d{1,19}}/revoke", account.revoke_session, P.SIGNED_IN),
    Route("POST", "/account/tokens", account.make_token, P.SIGNED_IN),
    Route("POST", r"/account/tokens/{id:\d{1,19}}/revoke", account.revoke_token, P.SIGNED_IN),
)

LETTER_BYTES = LETTER_FILE + 64 * 1024
MEETING = "/conferences/{key:[2-9a-hjkmnp-z]{10}}"
SERIES = "/series/{key:[2-9a-hjkmnp-z]{10}}"
TEMPLATE = "/templates/{key:[2-9a-hjkmnp-z]{10}}"
MEETINGS = (
    Route("GET", "/", today.show, P.SIGNED_IN),
    Route("GET", "/timeline", timeline.show, P.CONFERENCE_READ),
    Route("GET", "/book", book.show, P.CONFERENCE_BOOK),
    Route("POST", "/book", book_series.save, P.CONFERENCE_BOOK),
    Route("POST", "/book/check", book.check, P.CONFERENCE_BOOK),
    Route("POST", "/book/displace", displacing.save, P.CONFERENCE_BOOK),
    Route("POST", "/book/template", templates.save_typed, P.CONFERENCE_BOOK),
    Route("GET", "/templates", templates.show, P.CONFERENCE_BOOK),
    Route("POST", "/templates", templates.save, P.CONFERENCE_BOOK),
    Route("GET", "/templates/new", templates.new, P.CONFERENCE_BOOK),
    Route("POST", f"{TEMPLATE}/rename", templates.rename, P.CONFERENCE_BOOK),
    Route("POST", f"{TEMPLATE}/delete", templates.drop, P.CONFERENCE_BOOK),
    Route("POST", f"{MEETING}/time", gave_way.save, P.CONFERENCE_CHANGE),
    Route("POST", "/book/repeat", book_series.repeat_fields, P.CONFERENCE_BOOK),
    Route("POST", "/book/unsent", unsent.keep, P.CONFERENCE_BOOK),
    Route("POST", "/book/unsent/forget", unsent.forget, P.CONFERENCE_BOOK),
    Route("GET", "/find-time", find_time.show, P.CONFERENCE_BOOK),
    Route("POST", "/find-time", find_time.carry, P.CONFERENCE_BOOK),
    Route("GET", "/what-if", what_if.show, P.CONFERENCE_BOOK),
    Route("GET", "/postpone", postpone.show, P.CONFERENCE_CANCEL),
    Route("POST", "/postpone", postpone.save, P.CONFERENCE_CANCEL),
    Route("GET", "/postpone/{key:[2-9a-hjkmnp-z]{10}}", postpone.course, P.CONFERENCE_CANCEL),
    Route("POST", "/postpone/{key:[2-9a-hjkmnp-z]{10}}/back", postpone.back, P.CONFERENCE_CANCEL),
    Route("GET", "/in-person", in_person.show, P.CONFERENCE_LOG),
    Route("POST", "/in-person", in_person.save, P.CONFERENCE_LOG),
    Route("GET", "/conferences", conference_list.show, P.CONFERENCE_READ),
    Route("GET", "/our-conferences", conference_list.show, P.CONFERENCE_READ),
    Route("GET", MEETING, conference.show, P.SIGNED_IN),  # whoever's office takes part sees it
    Route("GET", f"{MEETING}/status", conference.status, P.SIGNED_IN),
    Route("GET", f"{MEETING}/call-list", recipients.call_list, P.OUTBOX_READ),
    Route("GET", f"{MEETING}/call-list.csv", recipients.call_file, P.OUTBOX_READ),
    Route("POST", f"{MEETING}/send-now", recipients.send_now, P.CONFERENCE_CHANGE),
    Route("GET", f"{MEETING}/edit", edit.show, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/edit", edit.save, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/check", edit.check, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/displace", displacing_change.save, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/submit", edit.submit, P.CONFERENCE_BOOK),
    Route("GET", "/approvals", approvals.show, P.APPROVAL_READ),
    Route("POST", f"{MEETING}/approve", approvals.agree, P.APPROVAL_READ),
    Route("POST", f"{MEETING}/return", approvals.send_back, P.APPROVAL_READ),
    Route("GET", f"{MEETING}/letter", official.show, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/letter", official.save, P.CONFERENCE_CHANGE, most_bytes=LETTER_BYTES),
    Route("GET", f"{MEETING}/letter.pdf", official.download, P.SIGNED_IN),
    Route("GET", f"{MEETING}/letter/make", letter_make.show, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/letter/make", letter_make.save, P.CONFERENCE_CHANGE),
    Route("GET", f"{MEETING}/letter/draft.pdf", letter_make.pdf, P.CONFERENCE_CHANGE),
    Route("GET", f"{MEETING}/letter/draft.docx", letter_make.docx, P.CONFERENCE_CHANGE),
    Route("GET", f"{MEETING}/letter/page-{{n:[1-9]}}.png", letter_make.picture, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/letter/purge", official.purge, P.LETTER_PURGE),
    Route("GET", f"{MEETING}/purge", purge.show, P.CONFERENCE_PURGE),
    Route("POST", f"{MEETING}/purge", purge.save, P.CONFERENCE_PURGE),
    Route("GET", f"{MEETING}/series", series_edit.of_member, P.SIGNED_IN),
    Route("GET", SERIES, series.show, P.SIGNED_IN),  # whoever's office takes part at some date
    Route("GET", f"{SERIES}/edit", series_edit.show, P.CONFERENCE_CHANGE),
    Route("POST", f"{SERIES}/edit", series_edit.save, P.CONFERENCE_CHANGE),
    Route("POST", f"{SERIES}/check", series_edit.check, P.CONFERENCE_CHANGE),
    Route("GET", f"{SERIES}/cancel", series_cancel.show, P.CONFERENCE_CANCEL),
    Route("POST", f"{SERIES}/cancel", series_cancel.save, P.CONFERENCE_CANCEL),
    Route("POST", f"{SERIES}/expected", series_expected.save, P.CONFERENCE_CHANGE),
    Route("POST", f"{SERIES}/put-back", series_dates.bring_back, P.CONFERENCE_BOOK),
    Route("POST", f"{SERIES}/add", series_dates.add, P.CONFERENCE_BOOK),
    Route("GET", f"{MEETING}/cancel", cancel.show, P.CONFERENCE_CANCEL),
    Route("POST", f"{MEETING}/cancel", cancel.save, P.CONFERENCE_CANCEL),
    Route("POST", f"{MEETING}/extend", running.extend_it, P.CONFERENCE_READ),  # its office's people and operators
    Route("GET", f"{MEETING}/end", running.show_end, P.CONFERENCE_READ),
    Route("POST", f"{MEETING}/end", running.end_it, P.CONFERENCE_READ),
    Route("POST", f"{MEETING}/comments", beside.add, P.SIGNED_IN),  # whoever sees it
    Route("POST", f"{MEETING}/proposals/{{id:[0-9]{{1,15}}}}", answers.decide_proposal, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/strangers/{{id:[0-9]{{1,15}}}}", answers.decide_stranger, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/still-wanted", beside.keep_series, P.CONFERENCE_CHANGE),
    Route("POST", f"{MEETING}/trial", beside.try_out, P.CONFERENCE_BOOK),
    Route("POST", f"{MEETING}/here", running.say_here, P.SIGNED_IN),  # whoever sits there
    Route("GET", f"{MEETING}/result", result.show, P.CONFERENCE_READ),
    Route("POST", f"{MEETING}/result", result.save, P.CONFERENCE_READ),  # the host confirms, an operator corrects
    Route("GET", "/plan-import", plan_import.show, P.CONFERENCE_BOOK),
    Route("POST", "/plan-import", plan_import.submit, P.CONFERENCE_BOOK, most_bytes=plan_import.MOST_SENT),
    Route("GET", "/plan-import/template.{kind:csv|xlsx}", plan_import.download_template, P.CONFERENCE_BOOK),
    Route("GET", "/plan-export", plan_export.download, P.CONFERENCE_BOOK),
    Route("GET", "/j/{key:[2-9a-hjkmnp-z]{10}}", join.show, P.PUBLIC),
    Route("GET", "/j/{key:[2-9a-hjkmnp-z]{10}}/enter", join.enter, P.SIGNED_IN),
)

FIGURES = (
    Route("GET", "/figures", figures.figures, P.FIGURES_READ),
    Route("GET", "/figures/list", figures.behind, P.FIGURES_READ),
    Route("GET", "/figures/method", figures.method, P.FIGURES_READ),
    Route("GET", "/figures/goals", goal.goals, P.FIGURES_READ),
    Route("POST", "/figures/goals", goal.save, P.GOAL_EDIT),
)

ADDRESSED = r"/outbox/{id:\d{1,18}}"
DEVICE = "/endpoints/{key:[a-z0-9]{4,40}}"
FLEET = (
    Route("GET", "/outbox", outbox.outbox, P.OUTBOX_READ),
    Route("GET", ADDRESSED, letter.letter, P.OUTBOX_READ),
    Route("GET", f"{ADDRESSED}/mail.eml", letter.download_mail, P.OUTBOX_READ),
    Route("GET", "/inbox", inbox.show, P.OUTBOX_RETRY),
    Route("POST", "/inbox/good", inbox.mend, P.OUTBOX_RETRY),
    Route("GET", r"/inbox/{id:\d{1,18}}/mail.txt", inbox.download, P.ACCOUNT_ADMIN),
    Route("GET", f"{ADDRESSED}/invite.ics", letter.download_ics, P.OUTBOX_READ),
    Route("POST", f"{ADDRESSED}/retry", outbox.retry, P.OUTBOX_RETRY),
    Route("POST", f"{ADDRESSED}/give-up", outbox.give_up_letter, P.OUTBOX_RETRY),
    Route("GET", "/endpoints", endpoints.endpoints, P.ENDPOINT_READ),
    Route("GET", DEVICE, endpoints.endpoint, P.ENDPOINT_READ),
    Route("POST", f"{DEVICE}/revoke", endpoints.revoke_endpoint, P.ENDPOINT_PAIR),
    Route("GET", "/pair", pair.pair, P.ENDPOINT_PAIR),
    Route("POST", "/pair", pair.decide, P.ENDPOINT_PAIR),
)

UNIT = "/directory/units/{code:[A-Z0-9][A-Z0-9-]{0,19}}"
ROOM = "/directory/rooms/{key:[a-z0-9]{4,40}}"
LINE = r"/directory/lines/{id:\d{1,18}}"
PERSON = r"/directory/people/{id:\d{1,18}}"
_FORMS = (
    ("/directory/new-unit", directory_acts.ADD_UNIT), (f"{UNIT}/change", directory_acts.CHANGE_UNIT),
    (f"{UNIT}/rename", directory_acts.RENAME_UNIT), (f"{UNIT}/retire", directory_acts.RETIRE_UNIT),
    (f"{UNIT}/new-room", place_acts.ADD_ROOM), (f"{ROOM}/change", place_acts.CHANGE_ROOM),
    (f"{ROOM}/move", place_acts.MOVE_ROOM), (f"{ROOM}/retire", place_acts.RETIRE_ROOM),
    (f"{UNIT}/new-line", place_acts.ADD_LINE), (f"{LINE}/change", place_acts.CHANGE_LINE),
    (f"{UNIT}/new-person", place_acts.ADD_PERSON), (f"{PERSON}/change", place_acts.CHANGE_PERSON),
    (f"{PERSON}/retire", place_acts.RETIRE_PERSON),
)  # fmt: skip
DIRECTORY = (
    Route("GET", "/directory", office.directory, P.DIRECTORY_READ),
    Route("GET", UNIT, office.unit, P.DIRECTORY_READ),
    Route("GET", "/directory/import", directory_import.show, P.DIRECTORY_EDIT),
    Route("POST", "/directory/import", directory_import.submit, P.DIRECTORY_EDIT),
    Route("POST", f"{PERSON}/confirm", contact.confirm, P.CONTACT_EDIT),
    *(Route("GET", path, act.show, act.permission) for path, act in _FORMS),
    *(Route("POST", path, act.submit, act.permission) for path, act in _FORMS),
    Route("GET", LINE, line.show, P.DIRECTORY_READ),
    Route("GET", "/search", search.find, P.SIGNED_IN),
)

USER = r"/users/{id:\d{1,19}}"
ADMINISTRATION = (
    Route("GET", "/users", users.users, P.ACCOUNT_ADMIN),
    Route("POST", "/users", users.add, P.ACCOUNT_ADMIN),
    Route("GET", "/users/new", users.new, P.ACCOUNT_ADMIN),
    Route("GET", USER, users.user, P.ACCOUNT_ADMIN),
    Route("POST", f"{USER}/grants", user_acts.grant, P.ACCOUNT_ADMIN),
    Route("POST", rf"{USER}/grants/{{grant:\d{{1,18}}}}/end", user_acts.end_grant, P.ACCOUNT_ADMIN),
    Route("POST", f"{USER}/disable", user_acts.disable, P.ACCOUNT_ADMIN),
    Route("POST", f"{USER}/enable", user_acts.enable, P.ACCOUNT_ADMIN),
    Route("POST", f"{USER}/link", user_acts.new_link, P.ACCOUNT_ADMIN),
    Route("POST", f"{USER}/sessions", user_acts.end_sessions, P.ACCOUNT_ADMIN),
    Route("GET", "/audit", audit.audit, P.AUDIT_READ),
    Route("GET", "/audit.csv", audit.export, P.AUDIT_READ),
)

CALENDAR = "/rules/calendar"
RULE = r"/rules/{id:\d{1,18}}"
RULES = (
    Route("GET", "/rules", rules.show, P.SIGNED_IN),
    Route("GET", "/rules/change", rule_form.show, P.RULES_EDIT),
    Route("POST", "/rules/change", rule_form.save, P.RULES_EDIT),
    Route("POST", f"{RULE}/end", rules.end, P.RULES_EDIT),
    Route("POST", f"{RULE}/withdraw", rules.withdraw, P.RULES_EDIT),
    Route("GET", "/rules/profiles", profiles.show, P.SIGNED_IN),
    Route("POST", "/rules/profiles", profiles.save, P.RULES_EDIT),
    Route("GET", CALENDAR, calendar.show, P.SIGNED_IN),
    Route("POST", f"{CALENDAR}/days", calendar.save_day, P.RULES_EDIT),
    Route("POST", f"{CALENDAR}/days/remove", calendar.drop_day, P.RULES_EDIT),
    Route("POST", f"{CALENDAR}/hours", calendar.save_hours, P.RULES_EDIT),
    Route("POST", f"{CALENDAR}/hours/remove", calendar.drop_hours, P.RULES_EDIT),
)

CLOSURE = "/closures/{key:[2-9a-hjkmnp-z]{10}}/lift"
CLOSURES = (
    Route("GET", "/closures", closures.show, P.CONFERENCE_READ),
    Route("POST", "/closures", closures.save, P.CLOSURE_EDIT),
    Route("POST", CLOSURE, closures.lift, P.CLOSURE_EDIT),
)

WEBHOOK = "/webhooks/{key:[0-9a-f]{16}}"
WEBHOOKS = (
    Route("GET", "/webhooks", webhooks.show, P.ACCOUNT_ADMIN),
    Route("POST", "/webhooks", webhooks.add, P.ACCOUNT_ADMIN),
    Route("GET", WEBHOOK, webhooks.one, P.ACCOUNT_ADMIN),
    Route("POST", WEBHOOK, webhooks.change, P.ACCOUNT_ADMIN),
    Route("POST", f"{WEBHOOK}/act", webhooks.act, P.ACCOUNT_ADMIN),
    Route("GET", f"{API}/webhooks", webhook_data.webhooks, P.ACCOUNT_ADMIN),
    Route("POST", f"{API}/webhooks", webhook_data.add, P.ACCOUNT_ADMIN),
    Route("PUT", f"{API}{WEBHOOK}", webhook_data.change, P.ACCOUNT_ADMIN),
    Route("DELETE", f"{API}{WEBHOOK}", webhook_data.remove, P.ACCOUNT_ADMIN),
    Route("GET", f"{API}{WEBHOOK}/deliveries", webhook_data.deliveries, P.ACCOUNT_ADMIN),
    Route("POST", f"{API}{WEBHOOK}/test", webhook_data.trial, P.ACCOUNT_ADMIN),
    Route("POST", f"{API}{WEBHOOK}/replay", webhook_data.again, P.ACCOUNT_ADMIN),
)

PROGRAMS = (
    Route("GET", f"{API}/calendar", calendar_data.calendar, P.SIGNED_IN),
    Route("GET", f"{API}/rules", rule_data.rules, P.SIGNED_IN),
    Route("GET", f"{API}/profiles", profile_data.profiles, P.SIGNED_IN),
    Route("GET", f"{API}/closures", closure_data.closures, P.CONFERENCE_READ),
    Route("POST", f"{API}/closures", closure_data.close, P.CLOSURE_EDIT),
    Route("POST", f"{API}{CLOSURE}", closure_data.lift, P.CLOSURE_EDIT),
    Route("GET", f"{API}/figures", figure_data.figures, P.FIGURES_READ),
    Route("GET", f"{API}/figures/list", figure_data.behind, P.FIGURES_READ),
    Route("GET", f"{API}/openapi.json", openapi.openapi, P.PUBLIC),
    Route("GET", f"{API}/me", me.me, P.SIGNED_IN),
    Route("GET", f"{API}/tokens", me.list_mine, P.SIGNED_IN),
    Route("POST", f"{API}/tokens", me.make, P.SIGNED_IN),
    Route("DELETE", rf"{API}/tokens/{{token_id:\d{{1,19}}}}", me.revoke, P.SIGNED_IN),
    Route("GET", f"{API}/units", directory.units, P.DIRECTORY_READ),
    Route("GET", f"{API}/units/{{code:[A-Za-z0-9][A-Za-z0-9._-]{{0,59}}}}", directory.unit, P.DIRECTORY_READ),
    Route("GET", f"{API}/rooms", directory.rooms, P.DIRECTORY_READ),
    Route("GET", f"{API}/rooms/busy", busy.busy, P.CONFERENCE_READ),
    Route("GET", f"{API}/free-times", free_times.free_times, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/free-times", free_times.free_times_of_many, P.CONFERENCE_BOOK),
    Route("GET", f"{API}/what-if", what_if_data.look, P.CONFERENCE_BOOK),
    Route("GET", f"{API}/conferences", reading.index, P.CONFERENCE_READ),
    Route("POST", f"{API}/conferences", conferences.book, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/conferences/check", checking.check, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/conferences/displacing/preview", displacing_data.preview, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/conferences/displacing", displacing_data.displace, P.CONFERENCE_BOOK),
    Route("POST", f"{CONFERENCE}/displacing/preview", displacing_data.preview_change, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/displacing", displacing_data.displace_change, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/time/accept", displacing_data.accept_time, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/time/refuse", displacing_data.refuse_time, P.CONFERENCE_CHANGE),
    Route("POST", f"{API}/postponements/preview", postpone_data.look, P.CONFERENCE_CANCEL),
    Route("POST", f"{API}/postponements", postpone_data.start, P.CONFERENCE_CANCEL),
    Route("GET", f"{API}/postponements/{{key:[2-9a-hjkmnp-z]{{10}}}}", postpone_data.course, P.CONFERENCE_CANCEL),
    Route("POST", f"{API}/postponements/{{key:[2-9a-hjkmnp-z]{{10}}}}/back", postpone_data.back, P.CONFERENCE_CANCEL),
    Route("POST", f"{API}/conferences/logged", conferences.log, P.CONFERENCE_LOG),
    Route("GET", CONFERENCE, reading.read, P.CONFERENCE_READ),
    Route("PUT", CONFERENCE, conferences.put, P.CONFERENCE_CHANGE),
    Route("PATCH", CONFERENCE, conferences.patch, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/submit", conferences.submit, P.CONFERENCE_BOOK),
    Route("GET", f"{API}/approvals", approval_data.index, P.APPROVAL_READ),
    Route("POST", f"{CONFERENCE}/approve", approval_data.agree, P.APPROVAL_READ),
    Route("POST", f"{CONFERENCE}/return", approval_data.send_back, P.APPROVAL_READ),
    Route("GET", f"{CONFERENCE}/letter", approval_data.letter, P.CONFERENCE_READ),
    Route("PUT", f"{CONFERENCE}/letter", approval_data.record, P.CONFERENCE_CHANGE),
    Route("GET", f"{CONFERENCE}/letter.pdf", letters.letter_pdf, P.CONFERENCE_CHANGE),
    Route("GET", f"{CONFERENCE}/letter.docx", letters.letter_docx, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/cancel", conferences.cancel, P.CONFERENCE_CANCEL),
    Route("POST", f"{CONFERENCE}/extend", running_data.extend_it, P.CONFERENCE_READ),
    Route("POST", f"{CONFERENCE}/end", running_data.end_it, P.CONFERENCE_READ),
    Route("POST", f"{CONFERENCE}/here", running_data.say_here, P.CONFERENCE_READ),
    Route("GET", f"{CONFERENCE}/answers", answer_data.answers, P.CONFERENCE_READ),
    Route("POST", f"{CONFERENCE}/proposals/{{id:[0-9]{{1,15}}}}", answer_data.decide_proposal, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/strangers/{{id:[0-9]{{1,15}}}}", answer_data.decide_stranger, P.CONFERENCE_CHANGE),
    Route("GET", f"{CONFERENCE}/comments", running_data.list_them, P.CONFERENCE_READ),
    Route("POST", f"{CONFERENCE}/comments", running_data.add_comment, P.CONFERENCE_READ),
)

SERIES = f"{API}/series/{{key:[2-9a-hjkmnp-z]{{10}}}}"
TEMPLATES = f"{API}/templates"
SERIES_PROGRAMS = (
    Route("GET", TEMPLATES, template_data.index, P.CONFERENCE_BOOK),
    Route("POST", TEMPLATES, template_data.add, P.CONFERENCE_BOOK),
    Route("PUT", f"{API}{TEMPLATE}", template_data.put, P.CONFERENCE_BOOK),
    Route("DELETE", f"{API}{TEMPLATE}", template_data.drop, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/series", series_data.book, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/series/check", series_data.check, P.CONFERENCE_BOOK),
    Route("GET", SERIES, series_data.read, P.CONFERENCE_READ),
    Route("PATCH", SERIES, series_data.patch, P.CONFERENCE_CHANGE),
    Route("POST", f"{SERIES}/cancel", series_data.cancel, P.CONFERENCE_CANCEL),
    Route("POST", f"{SERIES}/expected-size", series_date_data.expect, P.CONFERENCE_CHANGE),
    Route("POST", f"{SERIES}/put-back", series_date_data.put_date_back, P.CONFERENCE_BOOK),
    Route("POST", f"{SERIES}/dates", series_date_data.add, P.CONFERENCE_BOOK),
    Route("POST", f"{CONFERENCE}/put-back", series_date_data.put_conference_back, P.CONFERENCE_BOOK),
)

DEVICES = (
    Route("GET", "/kiosk", kiosk.show, P.PUBLIC),
    Route("POST", f"{API}/endpoint/pair/start", endpoint.start_pairing, P.PUBLIC),
    Route("POST", f"{API}/endpoint/pair/poll", endpoint.poll_pairing, P.PUBLIC),
    Route("POST", f"{API}/endpoint/token", endpoint.refresh, P.PUBLIC),
    Route("GET", f"{API}/endpoint/agenda", endpoint.show_agenda, P.ENDPOINT),
    Route("GET", f"{API}/endpoint/ws", channel.channel, P.PUBLIC),  # its first message carries the token
)

_JITSI = ("/jitsi/{bridge:[a-z0-9-]{1,40}}", "/jitsi/{bridge:[a-z0-9-]{1,40}}/s/{secret:[^/]{1,200}}")
_CALLS = (
    ("POST", "/conference", callbacks.ask_room),
    ("GET", "/conference/{id}", callbacks.find_room),
    ("DELETE", "/conference/{id}", callbacks.release_room),
    ("POST", "/events/{event:.{1,60}}", callbacks.tell_event),
)
VIDEO_HOSTS = (
    *(Route(method, f"{prefix}{path}", call, P.BRIDGE_CALLBACK) for prefix in _JITSI for method, path, call in _CALLS),
    Route("GET", f"{_JITSI[0]}/keys/{{name}}", callbacks.public_key, P.PUBLIC),
)

_FEED = "/feeds/{token:[A-Za-z0-9_-]{1,80}}"
FEEDS = (
    Route("GET", "/feeds", feed_page.show, P.SIGNED_IN),
    Route("POST", "/feeds", feed_page.make, P.SIGNED_IN),
    Route("POST", r"/feeds/{id:\d{1,18}}/revoke", feed_page.revoke, P.SIGNED_IN),  # whoever could make it
    *(Route("GET", f"{place}/feeds", feed_page.show, P.CONTACT_EDIT) for place in (UNIT, ROOM)),
    *(Route("POST", f"{place}/feeds", feed_page.make, P.CONTACT_EDIT) for place in (UNIT, ROOM)),
    Route("POST", f"{UNIT}/timetable", feed_page.switch, P.DIRECTORY_EDIT),
    *(
        Route("GET", f"/units/{UNIT.rpartition('/')[2]}/timetable{form}", answers_it, P.PUBLIC)  # where it wants that
        for form, answers_it in (
            ("", timetable.show),
            (".ics", timetable.show_calendar),
            (".json", timetable.show_json),
        )
    ),
    Route("GET", f"{UNIT}/week", week.show, P.CONFERENCE_READ),
    Route("GET", f"{UNIT}/week.docx", week.docx, P.CONFERENCE_READ),
    Route("GET", f"{UNIT}/week.pdf", week.pdf, P.CONFERENCE_READ),
    Route("GET", rf"{_FEED}.ics", feeds.show_calendar, P.PUBLIC),  # the address is the secret
    Route("GET", rf"{_FEED}.ifb", feeds.show_busy, P.PUBLIC),
)

OPERATION = (
    Route("GET", "/health", health.health, P.PUBLIC),
    Route("GET", "/metrics", metrics.metrics, P.METRICS),
)

ROUTES: tuple[Route, ...] = (
    *PAGES, *MEETINGS, *FIGURES, *FLEET, *DIRECTORY, *ADMINISTRATION, *RULES, *CLOSURES, *WEBHOOKS, *PROGRAMS,
    *SERIES_PROGRAMS, *DEVICES, *VIDEO_HOSTS, *FEEDS, *OPERATION,
)  # fmt: skip
