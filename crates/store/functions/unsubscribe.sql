-- Forgets a subscription. An INBOX, and what exists in another's tree, stays unwanted.
create or replace function unsubscribe(_actor actor, _place place) returns void
language plpgsql as $$
declare
  _owner bigint := owner_of(_place, _actor.account);
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  delete from subscription s
   where s.account = _actor.account and s.owner = _owner and s.path = _place.path;
  insert into subscription (account, owner, path, is_wanted)
  select _actor.account, n.owner, n.path, false
    from mailbox_name n
   where n.owner = _owner and n.path = _place.path and (n.owner <> _actor.account or n.path = 'INBOX')
  on conflict (account, owner, path) do nothing;
end
$$;
