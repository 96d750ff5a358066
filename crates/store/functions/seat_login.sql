-- How a mail transfer agent knows who logs in by an access token for one mailbox: `ada/support`. Postfix divides lists of logins
-- at spaces and commas.
create or replace function seat_login(_name text, _path text) returns text
language sql immutable as $$
  select _name || '/' || replace(replace(replace(_path, '%', '%25'), ' ', '%20'), ',', '%2C')
$$;
