-- The version of an access token, while it lets somebody in who needs these rights: null once it was taken away, has expired,
-- or its account is disabled, and for what a token that only reads does not allow.
create or replace function token_version(_token bigint, _needed smallint) returns bigint
language plpgsql stable as $$
begin
  return (select t.version
            from access_token t
            join account a on a.id = t.account
           where t.id = _token
             and not a.is_disabled
             and (t.expires_at is null or t.expires_at > now())
             and (not t.is_read_only or _needed & ~3 /* rights: lr */ = 0));
end
$$;
