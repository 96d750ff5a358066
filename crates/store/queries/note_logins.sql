with welcome as (
  select w.session, w.account, w.account_name, w.login_name, w.node, w.address, w.client
    from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
      as w (session, account, account_name, login_name, node, address, client)
), introduced as (
  insert into origin (session, account, account_name, login_name, node, address, client)
  select w.session, w.account, w.account_name, w.login_name, w.node, w.address, w.client
    from welcome w
  on conflict (session) do nothing
), welcomed as (
  insert into activity (kind, session, account)
  select case when w.login_name is null then 11 /* activity: login */ else 13 /* activity: act-as */ end, w.session, w.account
    from welcome w
)
insert into activity (kind, account, detail)
select 12 /* activity: refused */, a.id, r.detail
  from unnest($8::text[], $9::text[]) as r (name, detail)
  left join account a on a.name = r.name
