//! Pages that come with a cookie or a ticket, from origins that may and from origins that may not.

use serde_json::{Value, json};

use super::chromium::Chromium;
use super::page::Page;
use crate::auth::{Config, bearer, mint};
use crate::http::request;
use crate::process::Broker;

/// Does one after the other what stands in the fragment of the page's address, and reports what came of each.
const STEPS: &str = "
    const { cookie, token, broker } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    const headers = { authorization: 'Bearer ' + token };
    document.cookie = 'session=' + cookie;

    function opened(url, withCredentials) {
        const source = new EventSource(url, { withCredentials });
        return new Promise(resolve => {
            source.addEventListener('tick', event => { source.close(); resolve(event.data); });
            source.onerror = () => { source.close(); resolve('refused'); };
        });
    }

    async function steps() {
        report({ cookie: await opened(broker + '/events/a?last=1', true) });
        report({ without: await opened(broker + '/events/a?last=1', false) });
        const reply = await fetch(broker + '/events/a');
        report({ status: reply.status, challenge: reply.headers.get('www-authenticate') });
        const { ticket } = await (await fetch(broker + '/api/tickets', { method: 'POST', headers })).json();
        report({ ticket: await opened(broker + '/events/a?last=1&ticket=' + ticket, false) });
        const late = await fetch(broker + '/events/a', { method: 'POST', headers, body: 'from a page' });
        report({ published: late.status });
    }
    steps().catch(error => report({ error: String(error) }));
";

/// Opens a page under a name; a function that awaits its next report.
fn visit(page: &Page, host: &str, broker: &Broker, cookie: &str, token: &str) -> Chromium {
    let told =
        json!({ "cookie": cookie, "token": token, "broker": format!("http://{host}:{}", broker.address.port()) });
    let fragment =
        percent_encoding::utf8_percent_encode(&told.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string();
    Chromium::open(&format!("{}#{fragment}", page.url(host)))
}

/// A broker that asks for tokens, with an event on its topic.
fn broker(origin: &str) -> (Config, Broker, String) {
    let config = Config::of_tenants(&format!("token-cookie = \"session\"\ncors-origin = [\"{origin}\"]"));
    let broker = config.start(&[]);
    let token = mint(&["--subscribe", "a", "--publish", "a"]);
    let path = "/events/a?event=tick";
    let reply = request(broker.address, "POST", path, &[("authorization", &bearer(&token))], b"an event");
    assert_eq!(reply.status, 200, "{reply:?}");
    (config, broker, token)
}

#[test]
fn a_page_of_a_named_origin_comes_with_its_cookie_or_a_ticket() {
    let page = Page::serve("", STEPS);
    let origin = page.url("app.test");
    let (_config, broker, token) = broker(origin.trim_end_matches('/'));
    let _chromium = visit(&page, "app.test", &broker, &token, &token);
    assert_eq!(page.report(), json!({ "cookie": "an event" }));
    assert_eq!(page.report(), json!({ "without": "refused" }), "the cookie stays where the page does not send it");
    assert_eq!(page.report(), json!({ "status": 401, "challenge": "Bearer realm=\"sse\"" }));
    assert_eq!(page.report(), json!({ "ticket": "an event" }));
    assert_eq!(page.report(), json!({ "published": 200 }));
}

#[test]
fn a_page_of_this_machine_that_nobody_has_named_comes_without_its_cookie() {
    let page = Page::serve("", STEPS);
    let (_config, broker, token) = broker("loopback");
    let _chromium = visit(&page, "127.0.0.1", &broker, &token, &token);
    assert_eq!(page.report(), json!({ "cookie": "refused" }));
    assert_eq!(page.report(), json!({ "without": "refused" }));
    assert_eq!(page.report()["status"], 401);
    assert_eq!(page.report(), json!({ "ticket": "an event" }));
}

#[test]
fn a_page_of_another_origin_gets_nothing_with_whatever_it_comes() {
    let page = Page::serve("", STEPS);
    let (_config, broker, token) = broker("http://app.test");
    let _chromium = visit(&page, "app.test", &broker, &token, &token);
    assert_eq!(page.report(), json!({ "cookie": "refused" }), "another port is another origin");
    assert_eq!(page.report(), json!({ "without": "refused" }));
    let failed: Value = page.report();
    assert!(failed["error"].as_str().is_some_and(|error| error.contains("Failed to fetch")), "{failed}");
}

#[test]
fn the_page_of_the_broker_does_what_it_does_under_its_own_policy() {
    let broker = Broker::start(&[]);
    let shown = Chromium::shown(&broker.url("/"));
    assert!(
        shown.contains(&format!("curl -N <span class=\"base\">http://{}</span>/events/demo", broker.address)),
        "{shown}"
    );
}
