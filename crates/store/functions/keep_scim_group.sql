-- A group that a directory keeps by SCIM, with these members and no others: with a `_group`, that one, as long as it is what `_revision`
-- stands for, else PR007; without, one that is made, or that the directory had deleted. Refuses the name of a group that is kept in
-- another way, and members who are no users of the directory. Returns what to wake.
create or replace function keep_scim_group(
  _group bigint, _revision bigint, _name text, _display_name text, _external_id text, _members text[]
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _old      record;
  _accounts bigint[];
begin
  perform change_many();
  perform lock_groups();
  _accounts := array(select s.account from scim_user s where s.id = any (_members) and s.deleted_at is null);
  if cardinality(_accounts) <> cardinality(_members) then
    raise exception using errcode = 'PR053', message = 'a member is not known';
  end if;
  select g.id, g.name, s.revision, s.deleted_at
    into _old
    from user_group g
    left join scim_group s on s.user_group = g.id
   where case when _group is null then g.name = _name else g.id = _group and s.deleted_at is null end;
  if _group is not null then
    if not found then
      raise exception using errcode = 'PR001', message = 'no such group';
    elsif _old.revision <> _revision then
      raise exception using errcode = 'PR007', message = 'the group was changed meanwhile';
    end if;
    perform hold_groups(groups_above(_group));
    if _old.name <> _name then
      return query select r.mailbox, r.modseq from rename_group(_group, _name) r;
    end if;
    update scim_group s
       set display_name = _display_name,
           external_id = _external_id,
           revision = s.revision + 1,
           changed_at = now()
     where s.user_group = _group;
  elsif not found then
    perform create_group(_name);
    select g.id into _group from user_group g where g.name = _name;
    insert into scim_group (user_group, external_id, display_name)
    values (_group, _external_id, _display_name);
  elsif _old.deleted_at is null then
    raise exception using errcode = 'PR003', message = 'there is a group of that name';
  else
    _group := _old.id;
    update scim_group s
       set id = gen_random_uuid()::text,
           display_name = _display_name,
           external_id = _external_id,
           revision = s.revision + 1,
           created_at = now(),
           changed_at = now(),
           deleted_at = null
     where s.user_group = _group;
  end if;
  return query select t.mailbox, t.modseq from set_members(_group, _accounts) t;
end
$$;
