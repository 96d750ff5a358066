-- Makes copies of sent mail that have just come read for everybody, and remembers them for the senders' own programs. The
-- caller holds the mailbox's lock.
create or replace function note_sent_copies(
  _mailbox bigint, _modseq bigint, _first_uid bigint, _copies sent_copy[], _message_ids bigint[]
) returns void
language plpgsql as $$
declare
  _uids bigint[] := array(select _first_uid + c.place from unnest(_copies) c);
begin
  perform read_for_everybody(_mailbox, _modseq, _uids);
  insert into sent_copy_mark as old (mailbox, message_id, uid, until)
  select distinct on (c.id) _mailbox, c.id, c.uid, clock_timestamp() + make_interval(secs => c.window_seconds)
    from (select _message_ids[c.place + 1] as id, _first_uid + c.place as uid, c.window_seconds
            from unnest(_copies) c) c
   where c.id is not null
   order by c.id, c.uid desc
  on conflict (mailbox, message_id) do update
     set uid = excluded.uid, until = excluded.until;
end
$$;
