-- Keeps these contents from being collected until the transaction ends (`collect_rows`). Refuses with PR011 where one is gone
-- already; the detail names the places, from 1, of those parts that refer to such.
create or replace function hold_contents(_contents bigint[], _parts int8range[]) returns void
language plpgsql as $$
declare
  _held   bigint[];
  _places text;
begin
  select array_agg(c.id)
    into _held
    from (select c.id from content c where c.id = any (_contents) order by c.id for key share) c;
  select string_agg(p.place::text, ',')
    into _places
    from unnest(_parts) with ordinality as p (part, place)
   where exists (select
                   from unnest(_contents) with ordinality as s (content, nth)
                  where s.nth - 1 <@ p.part
                    and s.content is not null
                    and not s.content = any (coalesce(_held, '{}')));
  if _places is not null then
    raise exception using errcode = 'PR011', message = 'a content is gone', detail = _places;
  end if;
end
$$;
