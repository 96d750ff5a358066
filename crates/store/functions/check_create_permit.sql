-- Refuses unless a permit to give a name covers that place. Locks the mailbox that it is below.
create or replace function check_create_permit(
  _actor actor, _permit create_permit, _owner bigint, _path text
) returns void
language plpgsql as $$
declare
  _below      permit := _permit.below;
  _is_covered boolean;
begin
  if _permit.scope = 0 then
    _is_covered := _owner = _actor.account;
  elsif _permit.scope = 1 then
    perform lock_mailbox(_below.mailbox, array[_actor], array[_below]);
    _is_covered := _below.mailbox = nearest_above(_owner, _path, _actor.account);
  else
    _is_covered := _owner = 0 and (select a.is_admin from account a where a.id = _actor.account);
  end if;
  if _is_covered is not true then
    raise exception using errcode = 'PR002', message = 'the permit is for another place', detail = '1';
  end if;
end
$$;
