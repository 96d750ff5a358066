-- Subscribes an account to a name. What is subscribed already stays so.
create or replace function subscribe(_actor actor, _place place) returns void
language plpgsql as $$
declare
  _owner bigint := owner_of(_place, _actor.account);
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  if _owner is null then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into subscription (account, owner, path)
  values (_actor.account, _owner, _place.path)
  on conflict (account, owner, path) do update
     set is_wanted = true;
end
$$;
