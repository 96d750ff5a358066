-- The account of a person of a directory, by what the directory knows the person by: found, renamed, taken over from whoever was
-- called so, or made. Refuses a name that is another person's, or that of an administrator with a password of this site.
-- Whoever is logged in with another password, or under another name, writes nothing more.
create or replace function enter_person(
  _id text, _names text[], _stamp text, _may_create boolean, _folders text[], _uses text[],
  out account bigint, out outcome text, out mailboxes bigint[], out modseqs bigint[]
)
language plpgsql as $$
#variable_conflict use_column
declare
  _old record;
begin
  mailboxes := '{}';
  modseqs := '{}';
  perform pg_advisory_xact_lock(hashtext('postroom people'), 0);
  select a.id, a.name, a.directory_stamp into _old from account a where a.directory_id = _id;
  if found then
    account := _old.id;
    outcome := 'known';
    if _old.directory_stamp is distinct from _stamp then
      perform lock_login_alone(_old.id);
      -- Where the directory has ceased to say it, nobody has another password.
      outcome := case when _stamp is null then 'known' else 'renewed' end;
      update account a
         set directory_stamp = _stamp,
             password_version = a.password_version + (outcome = 'renewed')::integer
       where a.id = _old.id;
    end if;
    if _old.name <> all (_names) then
      outcome := 'renamed';
      select array_agg(r.mailbox), array_agg(r.modseq) into mailboxes, modseqs
        from rename_account(_old.id, _names[1]) r;
    end if;
    return;
  end if;
  select a.id, a.name, a.directory_id, a.is_admin and a.password_hash is not null as is_ours into _old
    from account a
    join unnest(_names) with ordinality as n (name, place) on n.name = a.name
   order by a.directory_id is not null, n.place
   limit 1;
  if not found then
    if not _may_create then
      outcome := 'unknown';
      return;
    end if;
    account := create_account_with_folders(_names[1], null, false, _folders, _uses);
    outcome := 'created';
  elsif _old.directory_id is not null or _old.is_ours then
    raise exception using errcode = 'PR003', message = 'the name is that of somebody else';
  else
    account := _old.id;
    outcome := 'adopted';
    perform lock_login_alone(_old.id);
  end if;
  update account a
     set directory_id = _id,
         directory_stamp = _stamp,
         password_hash = null,
         scram_verifier = null,
         password_version = a.password_version + (outcome = 'adopted')::integer
   where a.id = account;
  if outcome = 'adopted' then
    insert into activity (kind, detail)
    values (16 /* activity: account */, _old.name || ' is kept by the directory from now on');
  end if;
end
$$;
