-- Removes a group, and its name from every list. Returns what to wake.
create or replace function delete_group(_name text) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group   bigint;
  _groups  bigint[];
  _members bigint[];
begin
  perform lock_groups();
  select g.id into _group from user_group g where g.name = _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  -- One that the directory has emptied may go.
  if exists (select from user_group_member m where m.user_group = _group) then
    perform check_kept_by_hand(_group);
  end if;
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  _members := array(select e.account from effective_member e where e.user_group = _group);
  return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  delete from user_group g where g.id = _group;
  perform refresh_effective_members(_members);
  delete from acl_entry e where e.identifier = 'group:' || _name;
  insert into activity (kind, detail) values (15 /* activity: group */, _name || ' deleted');
end
$$;
