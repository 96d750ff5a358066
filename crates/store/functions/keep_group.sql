-- Makes a directory's group have these members and no others, and makes the group where it is not there. Refuses one that is kept
-- by hand. Returns what to wake.
create or replace function keep_group(_name text, _members bigint[]) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group   bigint;
  _is_ours boolean;
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
  return query select s.mailbox, s.modseq from set_members(_group, _members) s;
end
$$;
