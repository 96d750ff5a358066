-- Makes a directory's group have these members and no others, and makes the group where it is not there. Refuses one that is kept
-- by hand. Returns what to wake.
create or replace function keep_group(_name text, _members bigint[]) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group   bigint;
  _is_ours boolean;
  _groups  bigint[];
  _gone    bigint[];
  _come    bigint[];
begin
  perform change_many();
  perform lock_groups();
  select g.id, not g.is_of_directory into _group, _is_ours from user_group g where g.name = _name;
  if not found then
    perform create_group(_name);
    update user_group g set is_of_directory = true where g.name = _name returning g.id into _group;
  elsif _is_ours then
    raise exception using errcode = 'PR003', message = 'the group is kept by hand';
  end if;
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  with gone as (
    delete from user_group_member m
     where m.user_group = _group
       and m.account <> all (_members)
    returning m.account
  )
  select coalesce(array_agg(g.account), '{}') into _gone from gone g;
  with come as (
    insert into user_group_member (account, user_group)
    select a.id, _group
      from account a
     where a.id = any (_members)
    on conflict (account, user_group) do nothing
    returning account
  )
  select coalesce(array_agg(c.account), '{}') into _come from come c;
  insert into activity (kind, detail)
  select 15 /* activity: group */, _name || case when a.id = any (_come) then ' +' else ' -' end || a.name
    from account a
   where a.id = any (_come || _gone)
   order by a.id;
  if cardinality(_come || _gone) > 0 then
    perform refresh_effective_members(_come || _gone);
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
end
$$;
