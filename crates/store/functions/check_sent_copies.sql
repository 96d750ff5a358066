-- Refuses copies of sent mail whose senders, where they are known, may not send as the mailbox's addresses (PR002), and those of
-- which the message was filed within their window (PR010). The details name the places of those parts, from 1. The caller
-- holds the locks of this mailbox and of those.
create or replace function check_sent_copies(
  _mailbox bigint, _copies sent_copy[], _message_ids bigint[], _actors actor[], _parts int8range[]
) returns void
language plpgsql stable as $$
declare
  _places text;
begin
  select string_agg(p.place::text, ',')
    into _places
    from unnest(_actors, _parts) with ordinality as p (account, session, logins, part, place)
    join unnest(_copies) c on lower(p.part) = c.place
   where p.account <> 0
     and not may_send_as(p.account, c.sends_as);
  if _places is not null then
    raise exception using errcode = 'PR002', message = 'who sent it may not send as the team', detail = _places;
  end if;
  select string_agg(p.place::text, ',')
    into _places
    from unnest(_parts) with ordinality as p (part, place)
    join unnest(_copies) c on lower(p.part) = c.place
   where exists (select
                   from content m
                   join entry e on e.content = m.id and e.mailbox = _mailbox
                  where m.message_id = _message_ids[c.place + 1]
                    and e.saved_at > clock_timestamp() - make_interval(secs => c.window_seconds));
  if _places is not null then
    raise exception using errcode = 'PR010', message = 'filed already', detail = _places;
  end if;
end
$$;
