//! The recipes of docs/recipes.md: each is run against a server that does what the recipe is for, and then against servers
//! that do not, and tells what the document says.

use std::sync::Arc;

use crate::support::authority::{Authority, params_between};
use crate::support::engine::{failure, run};
use crate::support::prepare::quoted;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::recipe;
use crate::support::recipe::Recipe;
use crate::support::services;
use crate::support::services::Credentials;
use crate::support::site::Site;
use crate::support::target::{Target, answer};
use axum::Router;
use axum::routing::get;
use rustls::version::TLS13;
use sentrynet::outcome::Status;
use serde_json::json;
use time::Duration;

/// One test for each recipe, and the list of their headings.
macro_rules! recipes {
    ($($heading:literal => $name:ident,)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            cook::$name(Recipe::named($heading)).await;
        })+

        const HEADINGS: &[&str] = &[$($heading),+];
    };
}

recipes! {
    "A login that returns a token" => a_login,
    "A GraphQL query" => graphql,
    "A webhook with a signature" => a_webhook,
    "An API behind OAuth2" => oauth2,
    "Credentials in the form" => oauth2_by_form,
    "A page behind basic auth" => basic_auth,
    "A redirect that must happen" => a_redirect,
    "A certificate that must not expire" => a_certificate,
    "A slow page" => a_slow_page,
    "A private service with certificates of its own" => a_private_service,
    "The health of many components" => many_parts,
    "HTTP/2 only" => http2,
    "No alert for one lost packet" => retries,
    "Several regions, in turn" => regions,
    "A file that must not be public" => a_file,
}

/// What is done with each recipe.
mod cook {
    use super::*;

    pub(super) async fn a_login(recipe: Recipe) {
        let two = || json!([{"id": 1}, {"id": 2}]);
        let recipe = recipe.secret("SHOP_PASSWORD", "correct horse");
        recipe.passes(&Site::of(services::shop("correct horse", false, two())).await);
        recipe.tells(&[
            Site::of(services::shop("battery staple", false, two())).await,
            Site::of(services::shop("correct horse", true, two())).await,
            Site::of(services::shop("correct horse", false, json!([{"id": 1}]))).await,
        ]);
    }

    pub(super) async fn graphql(recipe: Recipe) {
        recipe.passes(&Site::of(services::graphql(true)).await);
        recipe.tells(&[Site::of(services::graphql(false)).await]);
    }

    pub(super) async fn a_webhook(recipe: Recipe) {
        let recipe = recipe.secret("WEBHOOK_KEY", "a shared key");
        let signature = recipe.exported("WEBHOOK_SIGNATURE");
        let recipe = recipe.secret("WEBHOOK_SIGNATURE", &signature);
        recipe.passes(&Site::of(services::webhooks(Some("a shared key"))).await);
        recipe.tells(&[
            Site::of(services::webhooks(Some("another key"))).await,
            Site::of(services::webhooks(None)).await,
        ]);
    }

    async fn oauth2_at(recipe: &Recipe, place: Credentials, broken: &[(&'static str, &'static str)]) {
        let recipe = recipe.clone().secret("CLIENT_ID", "sentrynet").secret("CLIENT_SECRET", "s3cret-of-a-client");
        recipe.passes(&Site::of(services::oauth2(place, "s3cret-of-a-client", "orders.read")).await);
        let mut sites = Vec::new();
        for (secret, scope) in broken {
            sites.push(Site::of(services::oauth2(place, secret, scope)).await);
        }
        recipe.tells(&sites);
    }

    pub(super) async fn oauth2(recipe: Recipe) {
        let broken = [("another secret", "orders.read"), ("s3cret-of-a-client", "orders.write")];
        oauth2_at(&recipe, Credentials::Basic, &broken).await;
    }

    pub(super) async fn oauth2_by_form(recipe: Recipe) {
        oauth2_at(&recipe, Credentials::Form, &[("another secret", "orders.read")]).await;
    }

    pub(super) async fn basic_auth(recipe: Recipe) {
        let recipe = recipe.secret("INTRANET_PASSWORD", "open sesame");
        recipe.passes(&Site::of(services::intranet(Some("open sesame"))).await);
        recipe.tells(&[
            Site::of(services::intranet(Some("close sesame"))).await,
            Site::of(services::intranet(None)).await,
        ]);
    }

    pub(super) async fn a_redirect(recipe: Recipe) {
        let site = Site::of(services::page(200)).await;
        let to = site.url();
        recipe.passes(&site.and_plain(services::moved(format!("{to}/"))).await);

        let open = Site::of(services::page(200)).await.and_plain(services::page(200)).await;
        let looping = Site::of(services::moved_to_itself()).await;
        let to = looping.url();
        let looping = looping.and_plain(services::moved(format!("{to}/"))).await;
        let astray = Site::of(services::page(200)).await;
        let to = astray.url();
        let astray = astray.and_plain(services::moved(format!("{to}/astray"))).await;
        recipe.tells(&[open, looping, astray]);
    }

    pub(super) async fn a_certificate(recipe: Recipe) {
        let authority = Authority::new();
        let until = |until| authority.server_with(&params_between("localhost", Duration::days(-60), until), &[]);
        let site = async |until_days| {
            let tls = until(Duration::days(until_days) + Duration::hours(1));
            Site::with(&authority, &tls, &["h2", "http/1.1"], services::page(200)).await
        };
        recipe.passes(&site(30).await);
        recipe.tells(&[site(9).await]);
    }

    pub(super) async fn a_slow_page(recipe: Recipe) {
        recipe.passes(&Site::of(services::page(200)).await);
        recipe.tells(&[Site::of(services::slow(1_200)).await, Site::of(services::slow(3_200)).await]);
    }

    pub(super) async fn a_private_service(recipe: Recipe) {
        let company = Authority::named("The company's authority");
        let another = Authority::named("Another authority");
        let (certificate, key) = company.client();
        let recipe =
            recipe.file("company-ca.pem", &company.pem()).file("probe.pem", &certificate).file("probe.key", &key);
        let tls = |of: &Authority, clients| of.server_for_clients("localhost", clients, &TLS13, true);
        let site = async |of: &Authority| {
            Site::with(of, &tls(of, &company), &["h2", "http/1.1"], services::says("/health", json!("fine"))).await
        };
        recipe.passes(&site(&company).await);

        let mut elsewhere = Arc::unwrap_or_clone(tls(&company, &another));
        elsewhere.alpn_protocols = vec![b"h2".to_vec()];
        let elsewhere = Target::refusing(Arc::new(elsewhere)).await;
        recipe.tells(&[site(&another).await, Site::at(elsewhere.addr, &company, elsewhere)]);
    }

    pub(super) async fn many_parts(recipe: Recipe) {
        let health = |status: &str, states: [&str; 3], waiting: u64| {
            let [queue, mail, search] = states;
            let parts = json!([
                {"name": "queue", "state": queue, "metrics": {"waiting": waiting}},
                {"name": "mail", "state": mail},
                {"name": "search", "state": search, "metrics": {"documents": 7}},
            ]);
            services::says("/health", json!({"status": status, "parts": parts}))
        };
        recipe.passes(&Site::of(health("ok", ["up"; 3], 3)).await);
        recipe.tells(&[
            Site::of(health("degraded", ["up", "down", "starting"], 3)).await,
            Site::of(health("ok", ["up"; 3], 250)).await,
        ]);
    }

    pub(super) async fn http2(recipe: Recipe) {
        let authority = Authority::new();
        let tls = authority.server("localhost");
        recipe.passes(&Site::with(&authority, &tls, &["h2", "http/1.1"], services::page(200)).await);
        recipe.tells(&[Site::with(&authority, &tls, &["http/1.1"], services::page(200)).await]);
    }

    pub(super) async fn retries(recipe: Recipe) {
        for (fails, requests) in [(0, 1), (2, 3)] {
            let (routes, seen) = services::fails_first(fails);
            recipe.passes(&Site::of(routes).await);
            assert_eq!(*seen.lock().unwrap(), requests);
        }
        let (routes, seen) = services::fails_first(3);
        recipe.tells(&[Site::of(routes).await]);
        assert_eq!(*seen.lock().unwrap(), 3);
    }

    pub(super) async fn regions(recipe: Recipe) {
        let plan = recipe.shell();
        assert_eq!((plan.code, plan.out.as_str()), (0, recipe.blocks("json").concat().as_str()), "{plan:?}");
        recipe.passes(&Site::of(services::page(200)).await);
        recipe.tells(&[Site::of(services::page(503)).await]);
    }

    pub(super) async fn a_file(recipe: Recipe) {
        let sentry = Receiver::start(Behaviour::default()).await;
        let recipe = recipe.secret("SENTRY_DSN", &sentry.dsn().to_string());
        recipe.passes(&Site::of(services::page(200)).await);
        let published = Router::new().route("/.env", get(async || "COLOUR=ultramarine"));
        recipe.tells(&[Site::of(published).await]);
        let sent = sentry.received();
        assert_eq!(sent.len(), 3);
        assert!(sent.iter().all(|received| !format!("{:?}", received.envelope.items()).contains("ultramarine")));
    }
}

#[test]
fn every_recipe_is_tried_and_every_block_is_used() {
    let mut headings = Vec::new();
    for recipe in recipe::all() {
        match recipe.languages()[..] {
            [] => continue,
            ["yaml", "text"] => {}
            ["sh", "yaml", "text"] => assert_eq!(recipe.heading, "A webhook with a signature"),
            ["yaml", "sh", "json", "text"] => assert_eq!(recipe.heading, "Several regions, in turn"),
            ref languages => panic!("{}: {languages:?}", recipe.heading),
        }
        headings.push(recipe.heading);
    }
    assert_eq!(headings, HEADINGS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_of_graphql_in_a_step_has_its_braces_doubled() {
    let site = Site::of(services::graphql(true)).await;
    let query = "query Newest($first: Int!) {{ products(first: $first) {{ name }} }}";
    let keys = format!(
        "title: Test
steps:
- url: {}/graphql
  tls: {{ca: {}}}
  body: {{query: '{query}', variables: {{first: 2}}}}
  expected: 200
  set_keys: {{names: '$.data.products[*].name'}}
  assertions: {{names: {{value: [Lamp, Chair]}}}}
",
        site.url(),
        quoted(&site.authority),
    );
    assert_eq!(run("probes.script", &keys).await.status, Status::Ok);
}

#[tokio::test]
async fn what_cannot_be_asked_cannot_be_asked() {
    let site = Target::http(|request| {
        let is_known = request.header("cookie").is_some() || request.header("authorization") == Some("Bearer abc123");
        match request.line() {
            "GET /page" => answer("200 OK", &["content-type: text/html"], "<p>The word</p>"),
            "GET /login" => answer("200 OK", &["set-cookie: session=abc123"], r#"{"token": "abc123"}"#),
            _ if is_known => answer("200 OK", &[], "{}"),
            _ => answer("401 Unauthorized", &[], "{}"),
        }
    });
    let site = site.await;
    let outcome = run("probes.http", &format!("url: {}\nset_keys: {{word: $}}", site.url("/page"))).await;
    assert_eq!(failure(&outcome).0, "not_json");
    // The cookie of a login is not sent, and a key not put into `auth`.
    for (second, status) in [
        ("", "401 (Unauthorized), expected 200"),
        ("auth: {bearer: '{token}'}", "401 (Unauthorized), expected 200"),
        ("headers: {authorization: 'Bearer {token}'}", "200"),
    ] {
        let (login, orders) = (site.url("/login"), site.url("/orders"));
        let steps =
            format!("title: Test\nsteps:\n- url: {login}\n  set_keys: {{token: $.token}}\n- url: {orders}\n  {second}");
        let outcome = run("probes.script", &steps).await;
        let answered = outcome.status.failure().map_or("200", |failure| &failure.sentence);
        assert_eq!(answered.trim_start_matches("step 2: status "), status, "{second}");
    }
}
