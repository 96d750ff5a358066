-- What site administrators do in a session is recorded as theirs (ADR 0112): functions that say nothing of who acts record the one whom
-- the transaction says, if it says one.

alter table activity
  alter column session set default nullif(current_setting('postroom.session', true), '')::bigint,
  alter column account set default nullif(current_setting('postroom.account', true), '')::bigint;
