-- Refuses unless the login of `_actor` holds, is not one that only reads, and is that of a site administrator.
create or replace function check_administrator(_actor actor) returns void
language plpgsql stable as $$
begin
  perform check_logins(array[_actor]);
  if not exists (select from account a where a.id = _actor.account and a.is_admin) then
    raise exception using errcode = 'PR002', message = 'no site administrator';
  end if;
end
$$;
