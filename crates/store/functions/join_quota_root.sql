-- Gives a new mailbox the quota root of the one above it, else that of its tree or of its very path.
-- Refuses where the root has as many mailboxes as it may.
create or replace function join_quota_root() returns trigger
language plpgsql as $$
declare
  _limit     bigint;
  _mailboxes bigint;
begin
  new.quota_root := coalesce(
    (select n.quota_root
       from mailbox_name n
      where n.owner = new.owner and starts_with(new.path, n.path || '/')
        and n.path = any (array(
              select array_to_string((string_to_array(new.path, '/'))[1:level], '/')
                from generate_series(1, array_length(string_to_array(new.path, '/'), 1) - 1) as level))
      order by length(n.path) desc
      limit 1),
    (select q.id
       from quota_root q
      where q.owner = new.owner and q.path in ('', new.path)
      order by length(q.path) desc
      limit 1));
  if not exists (select from quota_root q where q.id = new.quota_root and q.mailbox_limit is not null) then
    return new;
  end if;
  select q.mailbox_limit
    into _limit
    from quota_root q
   where q.id = new.quota_root
     for no key update;
  select u.mailboxes into _mailboxes from quota_usage(new.quota_root) u;
  if _mailboxes >= _limit then
    raise exception using errcode = 'PR009', message = 'over quota', detail = '0 0';
  end if;
  return new;
end
$$;

create or replace trigger quota_root_of_mailbox before insert on mailbox_name
  for each row execute function join_quota_root();
