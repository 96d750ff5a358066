-- Gives an account an access token, and returns its number. Refuses where the account sees nothing of the mailbox that the token
-- would open. Tokens of one account are added one after the other. Who acts in a session is recorded.
create or replace function make_token(
  _actor actor, _account bigint, _name text, _hash bytea, _mailbox bigint, _services smallint, _is_read_only boolean,
  _expires_at timestamptz
) returns bigint
language plpgsql as $$
declare
  _account_name text;
  _token        bigint;
begin
  perform lock_logins(array[_actor]);
  select a.name into _account_name from account a where a.id = _account for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  perform check_logins(array[_actor]);
  if _mailbox is not null and not sees_tree(_account, _mailbox) then
    raise exception using errcode = 'PR002', message = 'the account sees nothing of the mailbox';
  end if;
  if (select count(*) from access_token t where t.account = _account) >= 100 /* limits::ACCESS_TOKENS_MAX */ then
    raise exception using errcode = 'PR050', message = 'too many access tokens';
  end if;
  insert into access_token (account, name, hash, mailbox, services, is_read_only, expires_at)
  values (_account, _name, _hash, _mailbox, _services, _is_read_only, _expires_at)
  returning id into _token;
  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select 16 /* activity: account */, _actor.session, case when _actor.session is not null then _actor.account end,
         n.mailbox, n.owner, n.path, _account_name || ' has the access token ' || _name
    from (values (1)) as v
    left join mailbox_name n on n.mailbox = _mailbox;
  return _token;
end
$$;
