-- The account of a user whom a directory brings by SCIM: made, or taken over from whoever was called so; returns it. Refuses the names of
-- site administrators, of those whom the directory has already, and of accounts that are disabled: whoever is hired under the name of a
-- leaver does not get the leaver's mail. Only somebody whom the directory had deleted and knows by the same id has the account again.
create or replace function enter_scim_user(
  _name text, _user_name text, _external_id text, _is_active boolean, _profile text, _folders text[], _uses text[]
) returns bigint
language plpgsql as $$
declare
  _old     record;
  _account bigint;
begin
  perform pg_advisory_xact_lock(hashtext('postroom people'), 0);
  select a.id, a.is_admin, a.is_disabled, s.account is not null as is_known,
         s.deleted_at is not null and s.external_id = _external_id as is_back
    into _old
    from account a
    left join scim_user s on s.account = a.id
   where a.name = _name;
  if not found then
    _account := create_account_with_folders(_name, null, false, _folders, _uses);
  elsif _old.is_admin or (_old.is_known or _old.is_disabled) and _old.is_back is not true then
    raise exception using errcode = 'PR003', message = 'the name is that of somebody else';
  else
    _account := _old.id;
    insert into activity (kind, detail)
    values (16 /* activity: account */, _name || ' is kept by SCIM from now on');
  end if;
  insert into scim_user (account, external_id, user_name, profile)
  values (_account, _external_id, _user_name, _profile)
  on conflict (account) do update
     set id = gen_random_uuid()::text,
         user_name = excluded.user_name,
         profile = excluded.profile,
         revision = scim_user.revision + 1,
         created_at = now(),
         changed_at = now(),
         deleted_at = null;
  if exists (select from account a where a.id = _account and a.is_disabled = _is_active) then
    perform set_disabled(_account, not _is_active);
  end if;
  return _account;
end
$$;
