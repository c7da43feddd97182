"""The working calendar: special days and dated office hours."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DAYS = (
    "CREATE TABLE calendar_day (day DATE NOT NULL, working BOOLEAN NOT NULL, name_vi VARCHAR NOT NULL, "
    "name_en VARCHAR NOT NULL, source VARCHAR NOT NULL, CONSTRAINT pk_calendar_day PRIMARY KEY (day))"
)
_HOURS = (
    "CREATE TABLE office_hours (scope VARCHAR NOT NULL, valid_from DATE NOT NULL, valid_to DATE, "
    "morning_opens {time} NOT NULL, morning_closes {time} NOT NULL, afternoon_opens {time} NOT NULL, "
    "afternoon_closes {time} NOT NULL, source VARCHAR NOT NULL, {id}, "
    "CONSTRAINT ck_office_hours_valid CHECK (valid_to IS NULL OR valid_from <= valid_to), "
    "CONSTRAINT ck_office_hours_hours CHECK (morning_opens < morning_closes AND morning_closes <= afternoon_opens AND "
    "afternoon_opens < afternoon_closes))"
)
_POSTGRESQL = (
    _DAYS,
    _HOURS.format(
        time="TIME WITHOUT TIME ZONE", id="id BIGSERIAL NOT NULL, CONSTRAINT pk_office_hours PRIMARY KEY (id)"
    ),
    "ALTER TABLE office_hours ADD CONSTRAINT office_hours_no_overlap "
    "EXCLUDE USING gist (scope WITH =, daterange(valid_from, valid_to, '[]') WITH &&)",
)
_TRIGGER = (
    "CREATE TRIGGER office_hours_no_overlap_{verb} BEFORE {VERB} ON office_hours WHEN EXISTS "
    "(SELECT 1 FROM office_hours t WHERE t.scope = new.scope AND t.id IS NOT new.id AND "
    "t.valid_from <= coalesce(new.valid_to, '9999-12-31') AND new.valid_from <= coalesce(t.valid_to, '9999-12-31')) "
    "BEGIN SELECT RAISE(ABORT, 'office_hours_no_overlap'); END"
)
_SQLITE = (
    _DAYS,
    _HOURS.format(time="TIME", id="id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"),
    *(_TRIGGER.format(verb=verb, VERB=verb.upper()) for verb in ("insert", "update")),
)


def upgrade() -> None:
    connection = op.get_bind()
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("DROP TABLE office_hours")
    op.execute("DROP TABLE calendar_day")
