-- Refuses unless a warrant covers a place. Grounds: 0 one's own tree, 1 below the mailbox of a permit,
-- 2 the tree that nobody owns.
create or replace function check_warrant(
  _account bigint, _ground smallint, _below bigint, _version bigint, _needed smallint,
  _owner bigint, _path text
) returns void
language plpgsql as $$
declare
  _is_covered boolean;
begin
  if _ground = 0 then
    _is_covered := _owner = _account;
  elsif _ground = 1 then
    perform lock_mailbox(_below, array[_account], array[_version], array[_needed]);
    _is_covered := _below = nearest_above(_owner, _path, _account);
  else
    _is_covered := _owner = 0 and (select a.is_admin from account a where a.id = _account);
  end if;
  if _is_covered is not true then
    raise exception using errcode = 'PR002', message = 'the warrant is for another place', detail = '1';
  end if;
end
$$;
