-- Marks the messages of `_answered` that these answers are for as answered, where that is everybody's flag, and records who
-- answered. The answers came into `_sent`; `_parts` are the places of each writer's messages. The caller holds the locks of all. Returns what to wake.
create or replace function mark_answered(
  _sent bigint, _answered bigint[], _answers answer[], _actors actor[], _parts int8range[]
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _mailbox bigint;
  _uids    bigint[];
  _edit    record;
begin
  foreach _mailbox in array array(select m from unnest(_answered) as m order by m) loop
    _uids := array(
      select e.uid
        from content c
        join entry e on e.content = c.id and e.mailbox = _mailbox
       where c.message_id = any (array(select a.message_id from unnest(_answers) a))
       order by e.uid
       limit 100 /* limits::ANSWERED_MESSAGES_MAX */);
    if exists (select from mailbox_name n where n.mailbox = _mailbox and n.private_flags & 1 /* flag: answered */ = 0) then
      select f.modseq, f.is_changed
        into _edit
        from change_flags(_mailbox,
                          array(select row(u, u, -1, 1 /* flag: answered */)::flag_edit from unnest(_uids) as u),
                          '{}') f;
      if _edit.is_changed then
        mailbox := _mailbox;
        modseq := _edit.modseq;
        return next;
      end if;
    end if;
    insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path, uids)
    select 17 /* activity: answer */, w.session, nullif(w.account, 0), n.mailbox, n.owner, n.path, s.owner, s.path,
           range_agg(int8range(e.uid, e.uid, '[]'))
      from unnest(_actors, _parts) as w (account, session, logins, part)
      join unnest(_answers) a on a.place <@ w.part
      join content c on c.message_id = a.message_id
      join entry e on e.content = c.id and e.mailbox = _mailbox and e.uid = any (_uids)
      join mailbox_name n on n.mailbox = _mailbox
      join mailbox_name s on s.mailbox = _sent
     group by w.session, w.account, w.part, n.mailbox, s.mailbox
     order by w.part;
  end loop;
end
$$;
