-- Remembers by what deliveries are recognised when they come again. Refuses with PR010 where some came already, before or in
-- the same call; the detail names the places, from 1, of those parts. The caller holds the mailbox's lock.
create or replace function mark_deliveries(_mailbox bigint, _deliveries delivery[], _parts int8range[]) returns void
language plpgsql as $$
declare
  _places text;
begin
  select string_agg(p.place::text, ',')
    into _places
    from (select d.place, d.mark, d.window_seconds,
                 row_number() over (partition by d.mark order by d.place) as nth
            from unnest(_deliveries) d
           where d.mark is not null) d
    join unnest(_parts) with ordinality as p (part, place) on lower(p.part) = d.place
   where d.nth > 1
      or exists (select
                   from delivery_mark m
                  where m.mailbox = _mailbox
                    and m.key = d.mark
                    and m.at > clock_timestamp() - make_interval(secs => d.window_seconds));
  if _places is not null then
    raise exception using errcode = 'PR010', message = 'delivered already', detail = _places;
  end if;
  insert into delivery_mark as old (mailbox, key)
  select _mailbox, d.mark
    from unnest(_deliveries) d
   where d.mark is not null
  on conflict (mailbox, key) do update
     set at = clock_timestamp();
end
$$;
