"""Lines and video hosts are reserved by amount; closures take what they close; profiles are rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Id, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PROFILES = (("720p", 720, 1800, 4), ("360p", 360, 700, 4), ("180p", 180, 250, 5), ("audio", 0, 64, 3))
_UTC = "????-??-?? ??:??:??.??????"
_ONE_THING = (
    "(CASE WHEN room_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN line_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN bridge_id IS NULL THEN 0 ELSE 1 END) = 1"
)
_ONE_OWNER = "(conference_id IS NULL) <> (closure_id IS NULL)"
_RULE = (
    "ALTER TABLE reservation ADD CONSTRAINT reservation_room_taken "
    "EXCLUDE USING gist (room_id WITH =, tstzrange(starts, ends) WITH &&)"
)


def upgrade() -> None:
    _profile_table()
    _closure_table()
    with keeping_triggers("bridge") as batch:
        batch.add_column(sa.Column("seats", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("kbps", sa.Integer(), nullable=True))
    with keeping_triggers("line") as batch:
        batch.add_column(sa.Column("share", sa.Integer(), nullable=False, server_default="80"))
        batch.create_check_constraint(op.f("ck_line_share"), "share BETWEEN 1 AND 100")
    with keeping_triggers("site") as batch:
        batch.add_column(sa.Column("profile", sa.String(), nullable=True))
    with keeping_triggers("conference") as batch:
        batch.add_column(sa.Column("top_profile", sa.String(), nullable=False, server_default=""))
    _reservation()


def _profile_table() -> None:
    profile = op.create_table(
        "profile",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("kbps_up", sa.Integer(), nullable=False),
        sa.Column("last_n", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
        sa.UniqueConstraint("code", name="uq_profile_code"),
        sa.CheckConstraint("height >= 0 AND kbps_up > 0 AND last_n > 0", name=op.f("ck_profile_figures")),
        sqlite_autoincrement=True,
    )
    names = ("code", "height", "kbps_up", "last_n")
    op.bulk_insert(profile, [dict(zip(names, row, strict=True), position=n) for n, row in enumerate(_PROFILES)])


def _closure_table() -> None:
    op.create_table(
        "closure",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("starts", UtcTime(), nullable=False),
        sa.Column("ends", UtcTime(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_closure"),
        sa.UniqueConstraint("key", name="uq_closure_key"),
        sa.CheckConstraint("starts < ends", name=op.f("ck_closure_span")),
        sa.CheckConstraint("kind IN ('maintenance', 'closed')", name=op.f("ck_closure_kind")),
        *(
            sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_closure_{name}_utc")).ddl_if(dialect="sqlite")
            for name in ("starts", "ends", "made_at", "lifted_at")
        ),
        sqlite_autoincrement=True,
    )


def _reservation() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("ALTER TABLE reservation DROP CONSTRAINT reservation_room_taken")
    with keeping_triggers("reservation") as batch:
        batch.alter_column("room_id", existing_type=Id, nullable=True)
        batch.alter_column("conference_id", existing_type=Id, nullable=True)
        for name, table, ondelete in (
            ("line_id", "line", None),
            ("bridge_id", "bridge", None),
            ("closure_id", "closure", "CASCADE"),
        ):
            key = sa.ForeignKey(f"{table}.id", name=f"fk_reservation_{name}", ondelete=ondelete)
            batch.add_column(sa.Column(name, Id, key, nullable=True))
        for name in ("seats", "kbps_up", "kbps_down"):
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.create_check_constraint(op.f("ck_reservation_one_thing"), _ONE_THING)
        batch.create_check_constraint(op.f("ck_reservation_one_owner"), _ONE_OWNER)
    for name in ("line_id", "bridge_id"):
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_reservation_{name}_starts", "reservation", [name, "starts"], postgresql_where=where, sqlite_where=where
        )
    op.create_index("ix_reservation_closure_id", "reservation", ["closure_id"])
    op.drop_index("ix_reservation_room_id_starts", "reservation")
    op.create_index("ix_reservation_room_id_starts_ends", "reservation", ["room_id", "starts", "ends"])
    if postgres:
        op.execute(f"{_RULE} WHERE (holds AND room_id IS NOT NULL)")


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    op.execute("DELETE FROM reservation WHERE room_id IS NULL OR conference_id IS NULL")
    for name in ("line_id_starts", "bridge_id_starts", "closure_id", "room_id_starts_ends"):
        op.drop_index(f"ix_reservation_{name}", "reservation")
    op.create_index("ix_reservation_room_id_starts", "reservation", ["room_id", "starts"])
    if postgres:
        op.execute("ALTER TABLE reservation DROP CONSTRAINT reservation_room_taken")
    with keeping_triggers("reservation") as batch:
        batch.drop_constraint(op.f("ck_reservation_one_thing"), type_="check")
        batch.drop_constraint(op.f("ck_reservation_one_owner"), type_="check")
        for name in ("line_id", "bridge_id", "closure_id"):
            batch.drop_constraint(f"fk_reservation_{name}", type_="foreignkey")
        for name in ("line_id", "bridge_id", "closure_id", "seats", "kbps_up", "kbps_down"):
            batch.drop_column(name)
        batch.alter_column("room_id", existing_type=Id, nullable=False)
        batch.alter_column("conference_id", existing_type=Id, nullable=False)
    if postgres:
        op.execute(f"{_RULE} WHERE (holds)")
    with keeping_triggers("conference") as batch:
        batch.drop_column("top_profile")
    with keeping_triggers("site") as batch:
        batch.drop_column("profile")
    with keeping_triggers("line") as batch:
        batch.drop_constraint(op.f("ck_line_share"), type_="check")
        batch.drop_column("share")
    with keeping_triggers("bridge") as batch:
        batch.drop_column("kbps")
        batch.drop_column("seats")
    op.drop_table("closure")
    op.drop_table("profile")
