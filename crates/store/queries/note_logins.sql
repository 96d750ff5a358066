with unconfirmed as (
  -- What somebody does is recorded with what was done; that somebody came waits for no standby.
  select set_config('synchronous_commit', 'local', true) as setting
), welcome as (
  select w.session, w.account, w.account_name, w.login_name, w.node, w.address, w.client, w.token, w.token_name, w.ago, w.place
    from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $10::bigint[], $11::text[],
                $12::float8[])
      with ordinality
      as w (session, account, account_name, login_name, node, address, client, token, token_name, ago, place)
), introduced as (
  insert into origin (session, account, account_name, login_name, node, address, client, token, token_name)
  select w.session, w.account, w.account_name, w.login_name, w.node, w.address, w.client, w.token, w.token_name
    from welcome w
  on conflict (session) do nothing
), latest as (
  select distinct on (w.token) w.token, w.address, w.client
    from welcome w
   where w.token is not null
   order by w.token, w.place desc
), free as (
  -- One write a minute and token. What another node writes at this moment is as good.
  select t.id
    from access_token t
   where t.id in (select l.token from latest l)
     and (t.used_at is null or t.used_at <= now() - interval '1 minute')
   order by t.id
     for no key update skip locked
), used as (
  update access_token t
     set used_at = now(), used_address = l.address, used_client = l.client
    from free f
    join latest l on l.token = f.id
   where t.id = f.id
), welcomed as (
  -- When it was, not when it is written: what was withdrawn meanwhile would seem to have let somebody in.
  insert into activity (at, kind, session, account)
  select clock_timestamp() - make_interval(secs => w.ago),
         case when w.login_name is null then 11 /* activity: login */ else 13 /* activity: act-as */ end, w.session, w.account
    from welcome w
)
insert into activity (at, kind, account, detail)
select clock_timestamp() - make_interval(secs => r.ago), 12 /* activity: refused */, a.id, r.detail
  from unconfirmed
 cross join unnest($8::text[], $9::text[], $13::float8[]) as r (name, detail, ago)
  left join account a on a.name = r.name
