"""The one time zone of our invitations, as a constant.

Not generated: what libraries write for this zone holds a change in 1975 that some calendars take for today's rule and
then show 16:00 as 23:00. Since 1975 the zone is +07:00 without exceptions, so one fixed offset says it all.
"""

from __future__ import annotations

TZID = "Asia/Ho_Chi_Minh"

VTIMEZONE = (
    "BEGIN:VTIMEZONE\r\n"
    f"TZID:{TZID}\r\n"
    "BEGIN:STANDARD\r\n"
    "DTSTART:19700101T000000\r\n"
    "TZOFFSETFROM:+0700\r\n"
    "TZOFFSETTO:+0700\r\n"
    "TZNAME:+07\r\n"
    "END:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)
