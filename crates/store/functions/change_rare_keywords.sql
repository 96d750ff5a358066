-- Sets and clears keywords without a bit (ADR 0055), and logs that; all but `_set` are cleared where `_cleared` is null.
-- What is so already is left alone. Returns the mailbox's mod-sequence afterwards, and the messages that changed; null
-- where none did. The caller holds the mailbox's lock.
create or replace function change_rare_keywords(
  _mailbox bigint, _uids int8multirange, _set smallint[], _cleared smallint[],
  out modseq bigint, out edited int8multirange
)
language plpgsql as $$
#variable_conflict use_column
declare
  _changed bigint[];
  _has_any boolean[];
begin
  with message as (
    select e.uid, e.numbers,
           array(select n from unnest(_set) as n
                  union
                 select n from unnest(e.numbers) as n where n <> all (_cleared)
                  order by 1) as edited
      from unnest(_uids) r
     cross join lateral (
           select e.uid, coalesce((select k.numbers from entry_keyword k
                                    where k.mailbox = _mailbox and k.uid = e.uid), '{}') as numbers
             from entry e
            where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r)
           offset 0) e
  ), changed as (
    select m.uid, m.edited from message m where m.edited <> m.numbers
  ), emptied as (
    delete from entry_keyword k
     using changed c
     where k.mailbox = _mailbox and k.uid = c.uid and c.edited = '{}'
  ), filled as (
    insert into entry_keyword (mailbox, uid, numbers)
    select _mailbox, c.uid, c.edited from changed c where c.edited <> '{}'
    on conflict (mailbox, uid) do update
       set numbers = excluded.numbers
  )
  select array_agg(c.uid), array_agg(c.edited <> '{}') into _changed, _has_any from changed c;
  if _changed is null then
    select m.modseq into modseq from mailbox m where m.id = _mailbox;
    return;
  end if;

  update mailbox m
     set modseq = m.modseq + 1
   where m.id = _mailbox
  returning m.modseq into modseq;
  update entry e
     set modseq = change_rare_keywords.modseq,
         flags = (e.flags & ~32::bigint) | case when c.has_any then 32 /* flag: rare */ else 0 end
    from (select c.uid, c.has_any
            from unnest(_changed, _has_any) as c (uid, has_any)
           limit cardinality(_changed)) c
   where e.mailbox = _mailbox and e.uid = c.uid;
  insert into change (mailbox, modseq, kind, uids)
  select _mailbox, change_rare_keywords.modseq, 2 /* change: flags */, range_agg(int8range(c.uid, c.uid, '[]'))
    from unnest(_changed) as c (uid)
  returning uids into edited;
end
$$;
