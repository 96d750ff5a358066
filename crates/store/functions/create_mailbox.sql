-- Makes a mailbox, and returns it; make_mailbox says what it is like.
create or replace function create_mailbox(
  _actor actor, _permit create_permit, _place place, _special_use text
) returns bigint
language plpgsql as $$
declare
  _owner   bigint;
  _mailbox bigint;
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  _owner := owner_of(_place, _actor.account);
  _mailbox := make_mailbox(_actor, _permit, _owner, _place.path, _special_use);
  insert into activity (kind, session, account, mailbox, owner, path, detail)
  values (6 /* activity: create */, _actor.session, _actor.account, _mailbox, _owner, _place.path, _special_use);
  return _mailbox;
end
$$;
