"""Mails as servers and calendars of many makes write them; shapes, not copies."""

from __future__ import annotations

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:u1@hop.example\r\n"
    "DTSTAMP:20260901T020304Z\r\nSEQUENCE:0\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:b@huyen.example\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


def multipart(kind: str, *parts: str, headers: str = "") -> bytes:
    """``kind``: the subtype with its parameters; ``parts``: header lines, an empty line, the body."""
    body = "".join(f"--=_b\n{part}\n" for part in parts)
    return f'{headers}MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="=_b"\n\n{body}--=_b--\n'.encode()


def answer(method: str = "REPLY", *, headers: str = "", kind: str = "", sender: str = "b@huyen.example") -> bytes:
    """As Outlook and Gmail: alternative(text, calendar)."""
    kind = kind or f'text/calendar; charset="utf-8"; method={method}'
    return multipart(
        "alternative",
        "Content-Type: text/plain\n\nAccepted",
        f"Content-Type: {kind}\n\n{CALENDAR.format(method=method)}",
        headers=f"From: B <{sender}>\nTo: hnth@hop.example\nSubject: Accepted: x\n"
        f"Message-ID: <1@huyen.example>\n{headers}",
    )


def report(status: str, *, action: str = "failed", final: str = "b@huyen.example", diagnostic: str = "",
           headers: str = "", original: str = "") -> bytes:  # fmt: skip
    """As Postfix and Exchange: multipart/report."""
    fields = f"Final-Recipient: rfc822; {final}\nAction: {action}\nStatus: {status}\n"
    fields += f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return multipart(
        "report; report-type=delivery-status",
        "Content-Type: text/plain\n\nThis is the mail system at host mx.example.",
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{fields}",
        f"Content-Type: message/rfc822\n\nMessage-ID: <ours@hop.example>\n{original}\n\nx",
        headers="Return-Path: <>\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\nTo: hnth@hop.example\n"
        f"Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n{headers}",
    )


QMAIL = b"""Return-Path: <>
From: MAILER-DAEMON@mx.example
To: hnth@hop.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<b@huyen.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 <b@huyen.example>: User unknown

--- Below this line is a copy of the message.

From: hnth@hop.example
"""
EXIM = b"""Return-path: <>
X-Failed-Recipients: b@huyen.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: hnth@hop.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.
  b@huyen.example
    SMTP error from remote mail server after RCPT TO:<b@huyen.example>:
    550 5.7.1 <b@huyen.example>: Relay access denied
"""
GMAIL = b"""Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
X-Failed-Recipients: b@huyen.example
Auto-Submitted: auto-replied
To: hnth@hop.example
Subject: Delivery Status Notification (Failure)

Delivery to the following recipient failed permanently:

     b@huyen.example

Technical details of permanent failure:
The error that the other server returned was: 550 550 5.2.2 mailbox full
"""
ABSENT = {
    "outlook": b"From: B <b@huyen.example>\nReturn-Path: <>\nSubject: Automatic reply: x\n"
    b"Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: b@huyen.example\n"
    b"\nAway. Call 0204 555 1234.\n",
    "exchange": b"From: B <b@huyen.example>\nReturn-Path: <>\nSubject: Out of Office: x\n"
    b"X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n\nWrite to c@huyen.example instead, 550 5.1.1.\n",
    "zimbra": b"From: b@huyen.example\nReturn-Path: <>\nSubject: Out of Office Re: x\nPrecedence: bulk\n"
    b"Auto-Submitted: auto-replied (zimbra; vacation)\n\nAway\n",
    "gmail": b"From: b@gmail.example\nReturn-Path: <b@gmail.example>\nSubject: Away Re: x\nPrecedence: bulk\n"
    b"X-Autoreply: yes\nAuto-Submitted: auto-replied\n\nAway\n",
    "no header but the subject": (
        "From: b@huyen.example\nReturn-Path: <>\nSubject: Trả lời tự động: vắng mặt\n\nx\n".encode()
    ),
    "no header at all": b"From: b@huyen.example\nReturn-Path: <>\nSubject: Re: x\n\nI am away until Monday.\n",
}
