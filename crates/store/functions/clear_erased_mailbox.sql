-- Removes about `_limit` rows of what a deleted mailbox has left: its messages, which are removed messages then, as of when it was
-- deleted, and whatever else was kept for them. Returns how many rows went, and whether they were the last. Messages
-- come first: until then none of them can be collected, for it has its entry. Rows are found by their keys: where most are one
-- mailbox's, the planner would rather read those of all.
create or replace function clear_erased_mailbox(
  _mailbox bigint, _limit integer, out removed bigint, out is_last boolean
)
language plpgsql set enable_seqscan = off as $$
declare
  _erased erased_mailbox;
  _last   bigint;
  _rare   bigint[];
  _went   bigint;
begin
  removed := 0;
  select e.* into _erased from erased_mailbox e where e.mailbox = _mailbox for update;
  is_last := not found;
  if is_last then
    return;
  end if;

  with gone as (
    delete from entry e
     using (select e.uid
              from entry e
             where e.mailbox = _mailbox and e.uid >= _erased.uid_first
             order by e.uid
             limit _limit) g
     where e.mailbox = _mailbox and e.uid = g.uid
    returning e.uid, e.content, e.size, e.flags, e.internal_date, e.saved_at
  ), queued as (
    insert into garbage (
      content, at, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root, keywords
    )
    select g.content, _erased.at, _mailbox, g.uid, g.flags, g.internal_date, g.saved_at, g.size,
           _erased.account, _erased.session, _erased.quota_root,
           case when g.flags & 32 /* flag: rare */ <> 0 then rare_keywords_of(_mailbox, g.uid, g.flags) end
      from gone g
  )
  select count(*), max(g.uid), array_agg(g.uid) filter (where g.flags & 32 /* flag: rare */ <> 0)
    into removed, _last, _rare
    from gone g;
  if _rare is not null then
    delete from entry_keyword k where k.mailbox = _mailbox and k.uid = any (_rare);
  end if;

  if removed < _limit then
    delete from change c
     using (select c.modseq, c.kind, c.account
              from change c
             where c.mailbox = _mailbox
             order by c.modseq
             limit _limit - removed) g
     where c.mailbox = _mailbox and c.modseq = g.modseq and c.kind = g.kind and c.account = g.account;
    get diagnostics _went = row_count;
    removed := removed + _went;
  end if;
  if removed < _limit then
    delete from user_flags f
     where f.ctid = any (array(select f.ctid from user_flags f where f.mailbox = _mailbox limit _limit - removed));
    get diagnostics _went = row_count;
    removed := removed + _went;
  end if;
  if removed < _limit then
    delete from tombstone t
     where t.ctid = any (array(select t.ctid from tombstone t where t.mailbox = _mailbox limit _limit - removed));
    get diagnostics _went = row_count;
    removed := removed + _went;
  end if;
  -- Each of these is as much as a hundred other rows.
  if removed < _limit then
    delete from snapshot s
     where s.ctid = any (array(
             select s.ctid from snapshot s where s.mailbox = _mailbox limit (_limit - removed + 99) / 100));
    get diagnostics _went = row_count;
    removed := removed + _went * 100;
  end if;
  if removed < _limit then
    delete from digest d
     where d.ctid = any (array(
             select d.ctid from digest d where d.mailbox = _mailbox limit (_limit - removed + 99) / 100));
    get diagnostics _went = row_count;
    removed := removed + _went * 100;
  end if;
  is_last := removed < _limit;
  if is_last then
    delete from erased_mailbox e where e.mailbox = _mailbox;
  elsif _last is not null then
    update erased_mailbox e set uid_first = _last + 1 where e.mailbox = _mailbox;
  end if;
end
$$;
