CREATE TABLE login_attempt ( login VARCHAR NOT NULL, address VARCHAR NOT NULL, at VARCHAR(26) NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_login_attempt_at_utc CHECK (at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_login_attempt_address_at ON login_attempt (address, at)
--;;
CREATE INDEX ix_login_attempt_login_at ON login_attempt (login, at)
--;;
CREATE TABLE unit ( code VARCHAR NOT NULL, level VARCHAR NOT NULL, parent_id INTEGER, position INTEGER NOT NULL, valid_from DATE NOT NULL, valid_to DATE, kpi_host BOOLEAN NOT NULL, letter_symbol VARCHAR NOT NULL, seat VARCHAR NOT NULL, road_km INTEGER, drive_min INTEGER, confidence VARCHAR NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_unit_level CHECK (level IN ('province', 'province_body', 'province_agency', 'district', 'commune')), CONSTRAINT ck_unit_confidence CHECK (confidence IN ('high', 'medium', 'low')), CONSTRAINT ck_unit_valid CHECK (valid_to IS NULL OR valid_from <= valid_to), CONSTRAINT uq_unit_code UNIQUE (code), CONSTRAINT fk_unit_parent_id FOREIGN KEY(parent_id) REFERENCES unit (id) )
--;;
CREATE INDEX ix_unit_parent_id ON unit (parent_id)
--;;
CREATE TABLE change ( at VARCHAR(26) NOT NULL, actor VARCHAR NOT NULL, subject_kind VARCHAR NOT NULL, subject_id INTEGER NOT NULL, act VARCHAR NOT NULL, "before" JSON, "after" JSON, reason VARCHAR, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_change_at_utc CHECK (at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_change_subject_kind_subject_id ON change (subject_kind, subject_id)
--;;
CREATE INDEX ix_change_at ON change (at)
--;;
CREATE TRIGGER change_append_only_update BEFORE UPDATE ON change BEGIN SELECT RAISE(ABORT, 'change_append_only'); END
--;;
CREATE TRIGGER change_append_only_delete BEFORE DELETE ON change WHEN NOT (old.actor = 'demo') BEGIN SELECT RAISE(ABORT, 'change_append_only'); END
--;;
CREATE TABLE bridge ( name VARCHAR NOT NULL, base_url VARCHAR NOT NULL, active BOOLEAN NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_bridge_name UNIQUE (name) )
--;;
CREATE TABLE calendar_item ( uid VARCHAR NOT NULL, sequence INTEGER NOT NULL, last_major_sequence INTEGER NOT NULL, last_dtstamp VARCHAR(26) NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_calendar_item_uid UNIQUE (uid), CONSTRAINT ck_calendar_item_last_dtstamp_utc CHECK (last_dtstamp GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE TABLE kpi_scope ( counterpart_level VARCHAR NOT NULL, valid_from DATE NOT NULL, valid_to DATE, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_kpi_scope_counterpart_level CHECK (counterpart_level IN ('province', 'province_body', 'province_agency', 'district', 'commune')) )
--;;
CREATE TABLE goal ( year INTEGER NOT NULL, numerator INTEGER NOT NULL, denominator INTEGER NOT NULL, basis VARCHAR NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_goal_fraction CHECK (0 < numerator AND numerator <= denominator), CONSTRAINT uq_goal_year UNIQUE (year) )
--;;
CREATE TABLE account ( login VARCHAR NOT NULL, name VARCHAR NOT NULL, mail VARCHAR, unit_id INTEGER, language VARCHAR NOT NULL, password_hash VARCHAR, created VARCHAR(26) NOT NULL, disabled_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_account_language CHECK (language IN ('vi', 'en')), CONSTRAINT uq_account_login UNIQUE (login), CONSTRAINT fk_account_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id), CONSTRAINT ck_account_created_utc CHECK (created GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_account_disabled_at_utc CHECK (disabled_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE TABLE unit_name ( unit_id INTEGER NOT NULL, name VARCHAR NOT NULL, short VARCHAR NOT NULL, name_en VARCHAR NOT NULL, search_key VARCHAR NOT NULL, valid_from DATE NOT NULL, valid_to DATE, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_unit_name_valid CHECK (valid_to IS NULL OR valid_from <= valid_to), CONSTRAINT fk_unit_name_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id) )
--;;
CREATE INDEX ix_unit_name_unit_id ON unit_name (unit_id)
--;;
CREATE TRIGGER unit_name_no_overlap_insert BEFORE INSERT ON unit_name WHEN EXISTS (SELECT 1 FROM unit_name t WHERE t.unit_id = new.unit_id AND t.id IS NOT new.id AND t.valid_from <= coalesce(new.valid_to, '9999-12-31') AND new.valid_from <= coalesce(t.valid_to, '9999-12-31')) BEGIN SELECT RAISE(ABORT, 'unit_name_no_overlap'); END
--;;
CREATE TRIGGER unit_name_no_overlap_update BEFORE UPDATE ON unit_name WHEN EXISTS (SELECT 1 FROM unit_name t WHERE t.unit_id = new.unit_id AND t.id IS NOT new.id AND t.valid_from <= coalesce(new.valid_to, '9999-12-31') AND new.valid_from <= coalesce(t.valid_to, '9999-12-31')) BEGIN SELECT RAISE(ABORT, 'unit_name_no_overlap'); END
--;;
CREATE TABLE unit_ext_id ( unit_id INTEGER NOT NULL, scheme VARCHAR NOT NULL, value VARCHAR NOT NULL, valid_from DATE NOT NULL, valid_to DATE, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_unit_ext_id_scheme_value_valid_from UNIQUE (scheme, value, valid_from), CONSTRAINT fk_unit_ext_id_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id) )
--;;
CREATE INDEX ix_unit_ext_id_unit_id ON unit_ext_id (unit_id)
--;;
CREATE TABLE unit_succession ( from_id INTEGER NOT NULL, to_id INTEGER NOT NULL, on_date DATE NOT NULL, kind VARCHAR NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_unit_succession_from_id_to_id_on_date UNIQUE (from_id, to_id, on_date), CONSTRAINT ck_unit_succession_kind CHECK (kind IN ('merge', 'split', 'rename', 'transfer')), CONSTRAINT fk_unit_succession_from_id FOREIGN KEY(from_id) REFERENCES unit (id), CONSTRAINT fk_unit_succession_to_id FOREIGN KEY(to_id) REFERENCES unit (id) )
--;;
CREATE TABLE line ( name VARCHAR NOT NULL, owner_unit_id INTEGER NOT NULL, kbps_up INTEGER, kbps_down INTEGER, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_line_speed CHECK (kbps_up > 0 AND kbps_down > 0), CONSTRAINT fk_line_owner_unit_id FOREIGN KEY(owner_unit_id) REFERENCES unit (id) )
--;;
CREATE TABLE person ( unit_id INTEGER NOT NULL, name VARCHAR NOT NULL, title VARCHAR NOT NULL, mail VARCHAR, phone VARCHAR NOT NULL, language VARCHAR NOT NULL, is_contact BOOLEAN NOT NULL, confirmed BOOLEAN NOT NULL, sort_key VARCHAR NOT NULL, search_key VARCHAR NOT NULL, retired_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT fk_person_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id), CONSTRAINT ck_person_retired_at_utc CHECK (retired_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_person_unit_id ON person (unit_id)
--;;
CREATE TABLE edition ( uid VARCHAR NOT NULL, number INTEGER NOT NULL, method VARCHAR NOT NULL, sequence INTEGER NOT NULL, dtstamp VARCHAR(26) NOT NULL, content JSON NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_edition_uid_number UNIQUE (uid, number), CONSTRAINT ck_edition_method CHECK (method IN ('REQUEST', 'CANCEL')), CONSTRAINT fk_edition_uid FOREIGN KEY(uid) REFERENCES calendar_item (uid) ON DELETE CASCADE, CONSTRAINT ck_edition_dtstamp_utc CHECK (dtstamp GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE TABLE told ( uid VARCHAR NOT NULL, mail VARCHAR NOT NULL, sure_edition INTEGER, maybe_edition INTEGER, first_message_id VARCHAR, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_told_uid_mail UNIQUE (uid, mail), CONSTRAINT fk_told_uid FOREIGN KEY(uid) REFERENCES calendar_item (uid) ON DELETE CASCADE )
--;;
CREATE TABLE conference ( "key" VARCHAR NOT NULL, counted_with INTEGER NOT NULL, origin VARCHAR NOT NULL, kind VARCHAR NOT NULL, form VARCHAR NOT NULL, title VARCHAR NOT NULL, search_key VARCHAR NOT NULL, host_unit_id INTEGER NOT NULL, starts VARCHAR(26) NOT NULL, ends VARCHAR(26) NOT NULL, booked_ends VARCHAR(26) NOT NULL, opens VARCHAR(26) NOT NULL, latest_end VARCHAR(26) NOT NULL, state VARCHAR NOT NULL, due VARCHAR(26), version INTEGER NOT NULL, outcome VARCHAR NOT NULL, outcome_evidence VARCHAR, trouble VARCHAR, ended_by VARCHAR, ran_from VARCHAR(26), ran_until VARCHAR(26), chair_name VARCHAR NOT NULL, chair_title VARCHAR NOT NULL, chair_mail VARCHAR, contact_name VARCHAR NOT NULL, contact_phone VARCHAR NOT NULL, note VARCHAR NOT NULL, place VARCHAR NOT NULL, letter_number VARCHAR NOT NULL, short_notice_reason VARCHAR, in_person_reason VARCHAR, in_person_note VARCHAR NOT NULL, secrecy_by VARCHAR, secrecy_at VARCHAR(26), uid VARCHAR, booked_by VARCHAR NOT NULL, booked_at VARCHAR(26) NOT NULL, demo BOOLEAN NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_conference_origin CHECK (origin IN ('booked', 'logged')), CONSTRAINT ck_conference_form CHECK (form IN ('online', 'in_person', 'hybrid')), CONSTRAINT ck_conference_state CHECK (state IN ('draft', 'planned', 'provisioned', 'open', 'ended', 'recorded', 'cancelled')), CONSTRAINT ck_conference_outcome CHECK (outcome IN ('unknown', 'held', 'failed_online', 'not_held')), CONSTRAINT ck_conference_outcome_evidence CHECK (outcome_evidence IN ('auto', 'confirmed', 'declared')), CONSTRAINT ck_conference_span CHECK (starts < ends), CONSTRAINT ck_conference_times CHECK (opens <= starts AND ends <= latest_end), CONSTRAINT uq_conference_key UNIQUE ("key"), CONSTRAINT fk_conference_counted_with FOREIGN KEY(counted_with) REFERENCES conference (id), CONSTRAINT fk_conference_host_unit_id FOREIGN KEY(host_unit_id) REFERENCES unit (id), CONSTRAINT fk_conference_uid FOREIGN KEY(uid) REFERENCES calendar_item (uid), CONSTRAINT ck_conference_starts_utc CHECK (starts GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_ends_utc CHECK (ends GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_booked_ends_utc CHECK (booked_ends GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_opens_utc CHECK (opens GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_latest_end_utc CHECK (latest_end GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_due_utc CHECK (due GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_ran_from_utc CHECK (ran_from GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_ran_until_utc CHECK (ran_until GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_secrecy_at_utc CHECK (secrecy_at GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_conference_booked_at_utc CHECK (booked_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_conference_starts ON conference (starts)
--;;
CREATE INDEX ix_conference_host_unit_id_starts ON conference (host_unit_id, starts)
--;;
CREATE INDEX ix_conference_counted_with ON conference (counted_with)
--;;
CREATE INDEX ix_conference_due ON conference (due) WHERE due IS NOT NULL
--;;
CREATE INDEX ix_conference_uid ON conference (uid)
--;;
CREATE TABLE role_grant ( account_id INTEGER NOT NULL, function VARCHAR NOT NULL, unit_id INTEGER, valid_from DATE NOT NULL, valid_to DATE, substitute_for INTEGER, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_role_grant_function CHECK (function IN ('booker', 'approver', 'operator', 'site_contact', 'leader', 'reporter', 'admin', 'auditor')), CONSTRAINT fk_role_grant_account_id FOREIGN KEY(account_id) REFERENCES account (id), CONSTRAINT fk_role_grant_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id), CONSTRAINT fk_role_grant_substitute_for FOREIGN KEY(substitute_for) REFERENCES account (id) )
--;;
CREATE INDEX ix_role_grant_account_id ON role_grant (account_id)
--;;
CREATE TABLE login_session ( account_id INTEGER NOT NULL, sha256 VARCHAR NOT NULL, csrf VARCHAR NOT NULL, created VARCHAR(26) NOT NULL, last_seen VARCHAR(26) NOT NULL, expires VARCHAR(26) NOT NULL, revoked_at VARCHAR(26), address VARCHAR NOT NULL, agent VARCHAR NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT fk_login_session_account_id FOREIGN KEY(account_id) REFERENCES account (id), CONSTRAINT uq_login_session_sha256 UNIQUE (sha256), CONSTRAINT ck_login_session_created_utc CHECK (created GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_login_session_last_seen_utc CHECK (last_seen GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_login_session_expires_utc CHECK (expires GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_login_session_revoked_at_utc CHECK (revoked_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_login_session_account_id ON login_session (account_id)
--;;
CREATE TABLE one_time_link ( purpose VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, account_id INTEGER, created VARCHAR(26) NOT NULL, expires VARCHAR(26) NOT NULL, used_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_one_time_link_purpose CHECK (purpose IN ('first_admin', 'password')), CONSTRAINT uq_one_time_link_sha256 UNIQUE (sha256), CONSTRAINT fk_one_time_link_account_id FOREIGN KEY(account_id) REFERENCES account (id), CONSTRAINT ck_one_time_link_created_utc CHECK (created GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_one_time_link_expires_utc CHECK (expires GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_one_time_link_used_at_utc CHECK (used_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE TABLE api_token ( account_id INTEGER NOT NULL, name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, scopes JSON NOT NULL, created VARCHAR(26) NOT NULL, expires VARCHAR(26) NOT NULL, last_used VARCHAR(26), revoked_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT fk_api_token_account_id FOREIGN KEY(account_id) REFERENCES account (id), CONSTRAINT uq_api_token_sha256 UNIQUE (sha256), CONSTRAINT ck_api_token_created_utc CHECK (created GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_api_token_expires_utc CHECK (expires GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_api_token_last_used_utc CHECK (last_used GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_api_token_revoked_at_utc CHECK (revoked_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_api_token_account_id ON api_token (account_id)
--;;
CREATE TABLE idempotency ( account_id INTEGER NOT NULL, "key" VARCHAR NOT NULL, request_hash VARCHAR NOT NULL, status INTEGER NOT NULL, answer JSON NOT NULL, at VARCHAR(26) NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_idempotency_account_id_key UNIQUE (account_id, "key"), CONSTRAINT fk_idempotency_account_id FOREIGN KEY(account_id) REFERENCES account (id), CONSTRAINT ck_idempotency_at_utc CHECK (at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_idempotency_at ON idempotency (at)
--;;
CREATE TABLE room ( "key" VARCHAR NOT NULL, name VARCHAR NOT NULL, search_key VARCHAR NOT NULL, line_id INTEGER, backup_line_id INTEGER, retired_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_room_key UNIQUE ("key"), CONSTRAINT fk_room_line_id FOREIGN KEY(line_id) REFERENCES line (id), CONSTRAINT fk_room_backup_line_id FOREIGN KEY(backup_line_id) REFERENCES line (id), CONSTRAINT ck_room_retired_at_utc CHECK (retired_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE TABLE opening ( conference_id INTEGER NOT NULL, bridge_id INTEGER NOT NULL, generation INTEGER NOT NULL, jitsi_name VARCHAR NOT NULL, since VARCHAR(26) NOT NULL, until VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_opening_conference_id_generation UNIQUE (conference_id, generation), CONSTRAINT fk_opening_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_opening_bridge_id FOREIGN KEY(bridge_id) REFERENCES bridge (id), CONSTRAINT uq_opening_jitsi_name UNIQUE (jitsi_name), CONSTRAINT ck_opening_since_utc CHECK (since GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_opening_until_utc CHECK (until GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE UNIQUE INDEX uq_opening_current ON opening (conference_id) WHERE until IS NULL
--;;
CREATE TABLE effect ( kind VARCHAR NOT NULL, "key" VARCHAR NOT NULL, chain VARCHAR NOT NULL, conference_id INTEGER, payload JSON NOT NULL, state VARCHAR NOT NULL, due VARCHAR(26) NOT NULL, expires VARCHAR(26) NOT NULL, token VARCHAR, lease_until VARCHAR(26), attempts INTEGER NOT NULL, maybe BOOLEAN NOT NULL, last_error VARCHAR, created VARCHAR(26) NOT NULL, settled VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_effect_state CHECK (state IN ('owed', 'leased', 'done', 'superseded', 'needless', 'expired', 'dead')), CONSTRAINT uq_effect_key UNIQUE ("key"), CONSTRAINT fk_effect_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT ck_effect_due_utc CHECK (due GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_effect_expires_utc CHECK (expires GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_effect_lease_until_utc CHECK (lease_until GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_effect_created_utc CHECK (created GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_effect_settled_utc CHECK (settled GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_effect_conference_id ON effect (conference_id)
--;;
CREATE INDEX ix_effect_chain_live ON effect (chain, id) WHERE state IN ('owed', 'leased')
--;;
CREATE INDEX ix_effect_due_live ON effect (due, id) WHERE state IN ('owed', 'leased')
--;;
CREATE TABLE tally ( leader_id INTEGER NOT NULL, year INTEGER NOT NULL, local_date DATE NOT NULL, host_unit_id INTEGER NOT NULL, host_group VARCHAR NOT NULL, kind_class VARCHAR NOT NULL, in_scope BOOLEAN NOT NULL, scope_reason VARCHAR, status VARCHAR NOT NULL, v INTEGER NOT NULL, p INTEGER NOT NULL, online BOOLEAN NOT NULL, lawful BOOLEAN NOT NULL, evidence VARCHAR, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_tally_leader_id UNIQUE (leader_id), CONSTRAINT fk_tally_leader_id FOREIGN KEY(leader_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_tally_host_unit_id FOREIGN KEY(host_unit_id) REFERENCES unit (id) )
--;;
CREATE INDEX ix_tally_host_unit_id ON tally (host_unit_id)
--;;
CREATE INDEX ix_tally_year_in_scope ON tally (year, in_scope)
--;;
CREATE TABLE guest ( conference_id INTEGER NOT NULL, mail VARCHAR NOT NULL, name VARCHAR NOT NULL, role VARCHAR NOT NULL, language VARCHAR NOT NULL, person_id INTEGER, unit_id INTEGER, removed_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_guest_conference_id_mail UNIQUE (conference_id, mail), CONSTRAINT ck_guest_role CHECK (role IN ('chair', 'contact', 'guest')), CONSTRAINT fk_guest_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_guest_person_id FOREIGN KEY(person_id) REFERENCES person (id), CONSTRAINT fk_guest_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id), CONSTRAINT ck_guest_removed_at_utc CHECK (removed_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_guest_person_id ON guest (person_id)
--;;
CREATE TABLE room_unit ( room_id INTEGER NOT NULL, unit_id INTEGER NOT NULL, valid_from DATE NOT NULL, valid_to DATE, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT fk_room_unit_room_id FOREIGN KEY(room_id) REFERENCES room (id), CONSTRAINT fk_room_unit_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id) )
--;;
CREATE INDEX ix_room_unit_room_id ON room_unit (room_id)
--;;
CREATE INDEX ix_room_unit_unit_id ON room_unit (unit_id)
--;;
CREATE TRIGGER room_unit_no_overlap_insert BEFORE INSERT ON room_unit WHEN EXISTS (SELECT 1 FROM room_unit t WHERE t.room_id = new.room_id AND t.id IS NOT new.id AND t.valid_from <= coalesce(new.valid_to, '9999-12-31') AND new.valid_from <= coalesce(t.valid_to, '9999-12-31')) BEGIN SELECT RAISE(ABORT, 'room_unit_no_overlap'); END
--;;
CREATE TRIGGER room_unit_no_overlap_update BEFORE UPDATE ON room_unit WHEN EXISTS (SELECT 1 FROM room_unit t WHERE t.room_id = new.room_id AND t.id IS NOT new.id AND t.valid_from <= coalesce(new.valid_to, '9999-12-31') AND new.valid_from <= coalesce(t.valid_to, '9999-12-31')) BEGIN SELECT RAISE(ABORT, 'room_unit_no_overlap'); END
--;;
CREATE TABLE endpoint ( "key" VARCHAR NOT NULL, room_id INTEGER NOT NULL, slot INTEGER NOT NULL, kind VARCHAR NOT NULL, model VARCHAR NOT NULL, app_version VARCHAR NOT NULL, want_rev INTEGER NOT NULL, paired_at VARCHAR(26), paired_by VARCHAR, last_seen VARCHAR(26), revoked_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_endpoint_kind CHECK (kind IN ('kiosk', 'legacy_vcs')), CONSTRAINT uq_endpoint_key UNIQUE ("key"), CONSTRAINT fk_endpoint_room_id FOREIGN KEY(room_id) REFERENCES room (id), CONSTRAINT ck_endpoint_paired_at_utc CHECK (paired_at GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_endpoint_last_seen_utc CHECK (last_seen GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_endpoint_revoked_at_utc CHECK (revoked_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE UNIQUE INDEX uq_endpoint_live ON endpoint (room_id, slot) WHERE revoked_at IS NULL
--;;
CREATE TABLE tally_district ( tally_id INTEGER NOT NULL, counterpart_unit_id INTEGER NOT NULL, online BOOLEAN NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_tally_district_tally_id_counterpart_unit_id UNIQUE (tally_id, counterpart_unit_id), CONSTRAINT fk_tally_district_tally_id FOREIGN KEY(tally_id) REFERENCES tally (id) ON DELETE CASCADE, CONSTRAINT fk_tally_district_counterpart_unit_id FOREIGN KEY(counterpart_unit_id) REFERENCES unit (id) )
--;;
CREATE TABLE site ( conference_id INTEGER NOT NULL, room_id INTEGER NOT NULL, role VARCHAR NOT NULL, position INTEGER NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_site_conference_id_room_id UNIQUE (conference_id, room_id), CONSTRAINT ck_site_role CHECK (role IN ('main', 'member')), CONSTRAINT fk_site_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_site_room_id FOREIGN KEY(room_id) REFERENCES room (id) )
--;;
CREATE INDEX ix_site_room_id ON site (room_id)
--;;
CREATE TABLE reservation ( room_id INTEGER NOT NULL, conference_id INTEGER NOT NULL, starts VARCHAR(26) NOT NULL, ends VARCHAR(26) NOT NULL, holds BOOLEAN NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_reservation_span CHECK (starts < ends), CONSTRAINT ck_reservation_length CHECK (julianday(ends) - julianday(starts) <= 3), CONSTRAINT fk_reservation_room_id FOREIGN KEY(room_id) REFERENCES room (id), CONSTRAINT fk_reservation_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT ck_reservation_starts_utc CHECK (starts GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_reservation_ends_utc CHECK (ends GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_reservation_room_id_starts ON reservation (room_id, starts)
--;;
CREATE INDEX ix_reservation_conference_id ON reservation (conference_id)
--;;
CREATE TRIGGER reservation_room_taken_insert BEFORE INSERT ON reservation WHEN EXISTS (SELECT 1 FROM reservation t WHERE t.room_id = new.room_id AND t.id IS NOT new.id AND new.holds AND t.holds AND t.starts < new.ends AND t.starts > strftime('%Y-%m-%d %H:%M:%f', new.starts, '-3 days') AND t.ends > new.starts) BEGIN SELECT RAISE(ABORT, 'reservation_room_taken'); END
--;;
CREATE TRIGGER reservation_room_taken_update BEFORE UPDATE ON reservation WHEN EXISTS (SELECT 1 FROM reservation t WHERE t.room_id = new.room_id AND t.id IS NOT new.id AND new.holds AND t.holds AND t.starts < new.ends AND t.starts > strftime('%Y-%m-%d %H:%M:%f', new.starts, '-3 days') AND t.ends > new.starts) BEGIN SELECT RAISE(ABORT, 'reservation_room_taken'); END
--;;
CREATE TABLE endpoint_token ( endpoint_id INTEGER NOT NULL, kind VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, issued VARCHAR(26) NOT NULL, expires VARCHAR(26) NOT NULL, used_at VARCHAR(26), superseded_at VARCHAR(26), id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_endpoint_token_kind CHECK (kind IN ('refresh', 'access')), CONSTRAINT fk_endpoint_token_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES endpoint (id), CONSTRAINT uq_endpoint_token_sha256 UNIQUE (sha256), CONSTRAINT ck_endpoint_token_issued_utc CHECK (issued GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_endpoint_token_expires_utc CHECK (expires GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_endpoint_token_used_at_utc CHECK (used_at GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_endpoint_token_superseded_at_utc CHECK (superseded_at GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_endpoint_token_endpoint_id ON endpoint_token (endpoint_id)
--;;
CREATE TABLE pairing ( device_sha256 VARCHAR NOT NULL, user_code VARCHAR NOT NULL, state VARCHAR NOT NULL, model VARCHAR NOT NULL, app_version VARCHAR NOT NULL, address VARCHAR NOT NULL, started VARCHAR(26) NOT NULL, expires VARCHAR(26) NOT NULL, last_poll VARCHAR(26), endpoint_id INTEGER, decided_by VARCHAR, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_pairing_state CHECK (state IN ('waiting', 'confirmed', 'denied', 'delivered')), CONSTRAINT uq_pairing_device_sha256 UNIQUE (device_sha256), CONSTRAINT uq_pairing_user_code UNIQUE (user_code), CONSTRAINT fk_pairing_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES endpoint (id), CONSTRAINT ck_pairing_started_utc CHECK (started GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_pairing_expires_utc CHECK (expires GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_pairing_last_poll_utc CHECK (last_poll GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE TABLE fact ( "key" VARCHAR NOT NULL, kind VARCHAR NOT NULL, source VARCHAR NOT NULL, conference_id INTEGER, opening_id INTEGER, endpoint_id INTEGER, at VARCHAR(26) NOT NULL, received VARCHAR(26) NOT NULL, data JSON NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_fact_key UNIQUE ("key"), CONSTRAINT fk_fact_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_fact_opening_id FOREIGN KEY(opening_id) REFERENCES opening (id) ON DELETE CASCADE, CONSTRAINT fk_fact_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES endpoint (id), CONSTRAINT ck_fact_at_utc CHECK (at GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_fact_received_utc CHECK (received GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_fact_endpoint_id_at ON fact (endpoint_id, at)
--;;
CREATE INDEX ix_fact_opening_id ON fact (opening_id)
--;;
CREATE INDEX ix_fact_conference_id ON fact (conference_id)
--;;
CREATE TABLE presence ( conference_id INTEGER NOT NULL, site_id INTEGER, device VARCHAR NOT NULL, name VARCHAR NOT NULL, joined VARCHAR(26) NOT NULL, "left" VARCHAR(26) NOT NULL, source VARCHAR NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT fk_presence_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_presence_site_id FOREIGN KEY(site_id) REFERENCES site (id) ON DELETE CASCADE, CONSTRAINT ck_presence_joined_utc CHECK (joined GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_presence_left_utc CHECK (left GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_presence_conference_id ON presence (conference_id)
--;;
CREATE TABLE delegation ( conference_id INTEGER NOT NULL, unit_id INTEGER NOT NULL, unit_name VARCHAR NOT NULL, unit_short VARCHAR NOT NULL, level VARCHAR NOT NULL, counterpart_unit_id INTEGER, required BOOLEAN NOT NULL, planned_mode VARCHAR NOT NULL, site_id INTEGER, head_count INTEGER, position INTEGER NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT uq_delegation_conference_id_unit_id UNIQUE (conference_id, unit_id), CONSTRAINT ck_delegation_planned_mode CHECK (planned_mode IN ('online', 'in_person')), CONSTRAINT ck_delegation_level CHECK (level IN ('province', 'province_body', 'province_agency', 'district', 'commune')), CONSTRAINT fk_delegation_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT fk_delegation_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id), CONSTRAINT fk_delegation_counterpart_unit_id FOREIGN KEY(counterpart_unit_id) REFERENCES unit (id), CONSTRAINT fk_delegation_site_id FOREIGN KEY(site_id) REFERENCES site (id) ON DELETE SET NULL )
--;;
CREATE INDEX ix_delegation_unit_id ON delegation (unit_id)
--;;
CREATE INDEX ix_delegation_site_id ON delegation (site_id)
--;;
CREATE TABLE attendance ( delegation_id INTEGER NOT NULL, conference_id INTEGER NOT NULL, mode VARCHAR NOT NULL, extent VARCHAR NOT NULL, first VARCHAR(26), last VARCHAR(26), seconds INTEGER NOT NULL, evidence VARCHAR NOT NULL, "by" VARCHAR NOT NULL, id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, CONSTRAINT ck_attendance_mode CHECK (mode IN ('online', 'in_person', 'phone', 'absent')), CONSTRAINT ck_attendance_extent CHECK (extent IN ('full', 'part', 'none')), CONSTRAINT ck_attendance_evidence CHECK (evidence IN ('auto', 'confirmed', 'declared')), CONSTRAINT uq_attendance_delegation_id UNIQUE (delegation_id), CONSTRAINT fk_attendance_delegation_id FOREIGN KEY(delegation_id) REFERENCES delegation (id) ON DELETE CASCADE, CONSTRAINT fk_attendance_conference_id FOREIGN KEY(conference_id) REFERENCES conference (id) ON DELETE CASCADE, CONSTRAINT ck_attendance_first_utc CHECK (first GLOB '????-??-?? ??:??:??.??????'), CONSTRAINT ck_attendance_last_utc CHECK (last GLOB '????-??-?? ??:??:??.??????') )
--;;
CREATE INDEX ix_attendance_conference_id ON attendance (conference_id)
