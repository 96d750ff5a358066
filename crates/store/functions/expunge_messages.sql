-- Removes those of `_uids` that carry \Deleted, and returns which these were.
create or replace function expunge_messages(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[], _uids int8multirange,
  out modseq bigint, out uids text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _deleted bigint;
  _gone    bigint[];
  _sizes   integer[];
  _flags   bigint[];
begin
  uids := '{}';
  select l.modseq, l.deleted_count
    into modseq, _deleted
    from lock_mailbox(_mailbox, _accounts, _versions, _needed) l;
  -- Spares the walk through the whole mailbox.
  if _deleted = 0 then
    return;
  end if;

  select array_agg(e.uid)
    into _gone
    from unnest(_uids) r
   cross join lateral (
         select e.uid
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r) and e.flags & 4 <> 0
         offset 0) e;
  if _gone is null then
    return;
  end if;

  with gone as (
    delete from entry e
     using (select g.uid from unnest(_gone) as g (uid) limit cardinality(_gone)) g
     where e.mailbox = _mailbox and e.uid = g.uid
    returning e.uid, e.content, e.size, e.flags
  ), queued as (
    insert into garbage (content) select g.content from gone g
  )
  select array_agg(g.uid), array_agg(g.size), array_agg(g.flags)
    into _gone, _sizes, _flags
    from gone g;
  modseq := book_departure(_mailbox, _gone, _sizes, _flags);
  select range_agg(int8range(g.uid, g.uid, '[]'))::text into uids from unnest(_gone) as g (uid);
end
$$;
