
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'sse' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'sse'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'sse' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run a broker: topics over HTTP, with replay')
            [CompletionResult]::new('listen', 'listen', [CompletionResultType]::ParameterValue, 'Show the events of a stream, and reconnect as a browser does')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Publish events to a broker, and print the ID that each was given')
            [CompletionResult]::new('publish', 'publish', [CompletionResultType]::ParameterValue, 'Publish events to a broker, and print the ID that each was given')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Measure a server: many subscribers, events at a fixed rate, and what became of each')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Make tokens for a broker, and see what they may do and why not')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'sse;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The address and port to listen on; port 0 takes a free one')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read options and tables from this TOML file: its keys are the long names of the options')
            [CompletionResult]::new('--heartbeat', '--heartbeat', [CompletionResultType]::ParameterName, 'Send a comment on a stream after this long without an event')
            [CompletionResult]::new('--drain', '--drain', [CompletionResultType]::ParameterName, 'Over how long streams are ended when the broker stops, at most 1000 a second, so that not all clients come back at once')
            [CompletionResult]::new('--shutdown-event', '--shutdown-event', [CompletionResultType]::ParameterName, 'Send an event of this type on every stream before the broker stops')
            [CompletionResult]::new('--auth', '--auth', [CompletionResultType]::ParameterName, 'Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT')
            [CompletionResult]::new('--jwt-secret', '--jwt-secret', [CompletionResultType]::ParameterName, 'The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file')
            [CompletionResult]::new('--jwt-key', '--jwt-key', [CompletionResultType]::ParameterName, 'A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten minutes, and when a token names a key that is not among them')
            [CompletionResult]::new('--jwt-algorithm', '--jwt-algorithm', [CompletionResultType]::ParameterName, 'An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for]')
            [CompletionResult]::new('--jwt-issuer', '--jwt-issuer', [CompletionResultType]::ParameterName, 'Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key]')
            [CompletionResult]::new('--jwt-audience', '--jwt-audience', [CompletionResultType]::ParameterName, 'Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused')
            [CompletionResult]::new('--jwt-leeway', '--jwt-leeway', [CompletionResultType]::ParameterName, 'How far the clock of the issuer may be off [default: 10s]')
            [CompletionResult]::new('--jwt-roles', '--jwt-roles', [CompletionResultType]::ParameterName, 'The claim of a JWT that holds its roles: a text or a list [default: roles]')
            [CompletionResult]::new('--token-cookie', '--token-cookie', [CompletionResultType]::ParameterName, 'Look for the token in the cookie of this name, too')
            [CompletionResult]::new('--cors-origin', '--cors-origin', [CompletionResultType]::ParameterName, 'An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page from this machine, `null` a page from a file, `*` every page')
            [CompletionResult]::new('--allow-host', '--allow-host', [CompletionResultType]::ParameterName, 'A name under which the broker is asked, such as that which a proxy passes on; can be repeated. Other names are refused then, and also on loopback without it, so that no foreign page can reach it by pointing its own name here; addresses and names without a dot are let in')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Speak TLS with the certificate chain in this PEM file. It is read again when it or its key changes, and at SIGHUP')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The private key of the certificate, as a PEM file')
            [CompletionResult]::new('--hsts', '--hsts', [CompletionResultType]::ParameterName, 'Tell browsers to come over TLS only, and to remember that for so long (Strict-Transport-Security)')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Keep the history in this directory, so that it outlasts the broker; without it, it is in memory')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'When a publisher is told that its event is stored: `commit` is when the disk has it, `interval=DURATION` does not wait for that and brings it to the disk within that time')
            [CompletionResult]::new('--retain-events', '--retain-events', [CompletionResultType]::ParameterName, 'Keep at most this many events')
            [CompletionResult]::new('--retain-bytes', '--retain-bytes', [CompletionResultType]::ParameterName, 'Keep at most this much: of memory, bookkeeping included, or of the disk')
            [CompletionResult]::new('--retain-age', '--retain-age', [CompletionResultType]::ParameterName, 'Keep no event for longer than this, but the current state of a topic: the newest event of each `key`')
            [CompletionResult]::new('--idempotency-window', '--idempotency-window', [CompletionResultType]::ParameterName, 'Remember for this long which `Idempotency-Key` came with which event')
            [CompletionResult]::new('--shards', '--shards', [CompletionResultType]::ParameterName, 'How many threads write to streams [default: one per core]')
            [CompletionResult]::new('--tail-bytes', '--tail-bytes', [CompletionResultType]::ParameterName, 'How much of the newest events is shared by the streams that keep up')
            [CompletionResult]::new('--slow-consumer', '--slow-consumer', [CompletionResultType]::ParameterName, 'What becomes of a client that reads slowly: `catch-up` reads on for it from the history, `disconnect` cuts it when it is behind the shared newest events')
            [CompletionResult]::new('--presence-grace', '--presence-grace', [CompletionResultType]::ParameterName, 'How long a user has to be away before that is told, and a topic to be without subscribers before a webhook tells of it: who reconnects was not away')
            [CompletionResult]::new('--max-event-size', '--max-event-size', [CompletionResultType]::ParameterName, 'The largest data of one event')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'How many streams may be open at once [default: what the limit of open files allows]')
            [CompletionResult]::new('--max-connections-per-address', '--max-connections-per-address', [CompletionResultType]::ParameterName, 'How many streams one address may have open at once [default: no bound]. It may have 64 more connections that are no streams, or without this option half of all; proxies that are trusted have as many as they like')
            [CompletionResult]::new('--max-subscribe-rate', '--max-subscribe-rate', [CompletionResultType]::ParameterName, 'How many streams one address may open per second [default: no bound]')
            [CompletionResult]::new('--max-topics', '--max-topics', [CompletionResultType]::ParameterName, 'How many topics and patterns one stream may name')
            [CompletionResult]::new('--header-timeout', '--header-timeout', [CompletionResultType]::ParameterName, 'How long a client may take to send the head of a request, for a TLS or HTTP/2 handshake, and a connection may be idle between requests. An HTTP/2 client that has streams and says nothing for three times as long is asked whether it is there, and has as long to answer')
            [CompletionResult]::new('--body-timeout', '--body-timeout', [CompletionResultType]::ParameterName, 'How long a client may take to send the body of an event or of a JSON batch, and be silent within newline-delimited JSON, where an empty line now and then is enough')
            [CompletionResult]::new('--max-header-size', '--max-header-size', [CompletionResultType]::ParameterName, 'The largest head of a request; 8 KiB are allowed in any case')
            [CompletionResult]::new('--max-publish-rate', '--max-publish-rate', [CompletionResultType]::ParameterName, 'How many events one token may publish per second: all tokens of a user together, a static token without a user by itself, and requests without a token by their address. Every item of a batch counts [default: no bound]')
            [CompletionResult]::new('--max-publish-rate-per-address', '--max-publish-rate-per-address', [CompletionResultType]::ParameterName, 'How many events may be published from one address per second [default: no bound]')
            [CompletionResult]::new('--max-publish-burst', '--max-publish-burst', [CompletionResultType]::ParameterName, 'How many events may be published at once within these rates [default: what they allow in a second]')
            [CompletionResult]::new('--max-connections-per-user', '--max-connections-per-user', [CompletionResultType]::ParameterName, 'How many streams one user may have open at once [default: no bound]')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'How many requests may be under way at once, open streams apart')
            [CompletionResult]::new('--max-auth-failures', '--max-auth-failures', [CompletionResultType]::ParameterName, 'How many bad tokens may come from one address per minute; beyond it no signature is computed for requests from there, unless their token was accepted before. 0 is no bound [default: 600, and 1000 per second for private addresses, where a proxy may be]')
            [CompletionResult]::new('--trust-proxy', '--trust-proxy', [CompletionResultType]::ParameterName, 'A proxy that is believed when it says for whom it asks, in `Forwarded` or `X-Forwarded-For`: an address or a network such as 10.1.0.0/16, `loopback` or `private`; can be repeated. What is limited for one address is for that of the client then')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--jwt-allow-endless', '--jwt-allow-endless', [CompletionResultType]::ParameterName, 'Accept JWTs that never expire (without `exp`)')
            [CompletionResult]::new('--open', '--open', [CompletionResultType]::ParameterName, 'Let everyone who can reach the broker read and publish, on an address that others than this machine can reach')
            [CompletionResult]::new('--allow-query-token', '--allow-query-token', [CompletionResultType]::ParameterName, 'Accept a token in the URL (`?token=`), where logs and histories keep it; a ticket does without that')
            [CompletionResult]::new('--tls-self-signed', '--tls-self-signed', [CompletionResultType]::ParameterName, 'Speak TLS with a certificate that is made on the spot and that nobody can verify: for trying things out')
            [CompletionResult]::new('--presence-events', '--presence-events', [CompletionResultType]::ParameterName, 'Publish an event `join` on `$presence/TOPIC` when the first connection of a user listens to TOPIC by its name, and `leave` when the last one has gone')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;listen' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker to use when a topic is given instead of a URL')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Listen to this topic or pattern as well; may be repeated')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated. One that may be a credential is not sent to another server, if it redirects there')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated. One that may be a credential is not sent to another server, if it redirects there')
            [CompletionResult]::new('--bearer', '--bearer', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Bearer TOKEN'' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--cookie', '--cookie', [CompletionResultType]::ParameterName, 'Add the header ''Cookie: …'' to every request')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'The request method: GET, or POST where there is data to send')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'The request method: GET, or POST where there is data to send')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin; @@ stands for an @ at the beginning. It is sent as application/json if it is JSON, as text/plain if not, unless --header says otherwise')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin; @@ stands for an @ at the beginning. It is sent as application/json if it is JSON, as text/plain if not, unless --header says otherwise')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Begin in the past of a broker of ours: `earliest`, `10m` ago, or a time such as 2026-01-31T12:00:00Z')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Begin with the newest N events of each topic of a broker of ours')
            [CompletionResult]::new('--last-event-id', '--last-event-id', [CompletionResultType]::ParameterName, 'Resume after the event with this ID')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of authority in this file (PEM), and no others')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Connect to this Unix socket, whatever host the URL names')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'The time before reconnecting until the server sets its own; 0ms is possible')
            [CompletionResult]::new('--max-backoff', '--max-backoff', [CompletionResultType]::ParameterName, 'The longest time before reconnecting, whatever the server asks for; after a failure it is 100ms at least. Without it 30s after repeated failures, and 24h for what the server asks')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Give up after this many attempts to reconnect in a row that brought nothing')
            [CompletionResult]::new('--retry-status', '--retry-status', [CompletionResultType]::ParameterName, 'Connect again also after these statuses, such as 5xx,429; a Retry-After is waited for')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Take a connection that has brought no byte for so long for dead, and reconnect; under --no-reconnect, or when --max-retries is reached, end with exit code 4')
            [CompletionResult]::new('--max-event-size', '--max-event-size', [CompletionResultType]::ParameterName, 'The longest event to read; a longer one is an error')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show what comes: `pretty` if nothing else is asked for')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show what comes: `pretty` if nothing else is asked for')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Show each event as this template: {time} {delta} {type} {id} {data} {data.user.name}, and \n, \t')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Show each event as this template: {time} {delta} {type} {id} {data} {data.user.name}, and \n, \t')
            [CompletionResult]::new('--jq', '--jq', [CompletionResultType]::ParameterName, 'Show what this filter in the language of jq makes of the data of each event; $type, $id and $time are there too')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Show only events of this type; may be repeated. The type of an event without one is `message`')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Show only events of this type; may be repeated. The type of an event without one is `message`')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Do not show events of this type; may be repeated')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'End at an event whose data or type is this, such as [DONE]; it is not shown, but with -o raw')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'End after this many events have been shown; it is a failure if a server sends fewer')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'End after this many events have been shown; it is a failure if a server sends fewer')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'End after this time; commands of --exec that run are waited for')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Run this shell command for each event, with its data on stdin and `SSE_TYPE`, `SSE_ID` and `SSE_DATA` in its environment. What it prints takes the place of the event, unless --output is given. One that fails is told, and the exit code is then 1; those that run when Ctrl-C ends it get SIGTERM')
            [CompletionResult]::new('--exec-jobs', '--exec-jobs', [CompletionResultType]::ParameterName, 'Commands that run at once; with more than one they may end in another order')
            [CompletionResult]::new('--forward-to', '--forward-to', [CompletionResultType]::ParameterName, 'POST each event to this URL, one after the other: the body is its data, the headers Sse-Event and Sse-Id its type and ID. What fails is sent again; if an event is not taken in the end, the exit code is 1. Of the transport options --insecure, --cacert and --proxy count for this URL too, and those about the one server do not')
            [CompletionResult]::new('--forward-retries', '--forward-retries', [CompletionResultType]::ParameterName, 'How often an event that was not taken is sent again, at growing intervals')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record the events with their times in this file, which `sse listen FILE` shows and `sse send --replay FILE` plays')
            [CompletionResult]::new('--resume-file', '--resume-file', [CompletionResultType]::ParameterName, 'Resume after the ID that this file holds, and keep that of the last event in it. An event counts when it has been shown and done with, well or badly')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--compressed', '--compressed', [CompletionResultType]::ParameterName, 'Ask for compression, as browsers do (gzip, deflate, br, zstd). What comes compressed is decompressed in any case')
            [CompletionResult]::new('--any-content-type', '--any-content-type', [CompletionResultType]::ParameterName, 'Read the answer as an event stream whatever its content type says')
            [CompletionResult]::new('--resume-with-get', '--resume-with-get', [CompletionResultType]::ParameterName, 'After a POST go on with a GET, without the body and with the Mcp-Session-Id of the first answer, as MCP''s streamable HTTP does. An answer of JSON is then shown too, and it is done when every JSON-RPC request of the body has its response')
            [CompletionResult]::new('--curl', '--curl', [CompletionResultType]::ParameterName, 'Print the curl command that makes the same request, with its credentials, also those of the environment, and end')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case')
            [CompletionResult]::new('--no-reconnect', '--no-reconnect', [CompletionResultType]::ParameterName, 'End when the stream does; a stream that breaks off is then a failure')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Keep trying if the first connection fails, too')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Show the time of each event in full (RFC 3339): before it, or as `time` in JSON')
            [CompletionResult]::new('--delta', '--delta', [CompletionResultType]::ParameterName, 'Show the time since the event before: before each, or as `delta_ms` in JSON')
            [CompletionResult]::new('--comments', '--comments', [CompletionResultType]::ParameterName, 'Show comments (`-o pretty` and `-o json`)')
            [CompletionResult]::new('--lifecycle', '--lifecycle', [CompletionResultType]::ParameterName, 'Show also what is not an event: connections, comments and new reconnection times (`-o pretty` and `-o json`)')
            [CompletionResult]::new('--llm', '--llm', [CompletionResultType]::ParameterName, 'Show the answer of a language model as text, as it arrives, and how fast it came: streams of OpenAI (chat and responses), Anthropic, Gemini and Ollama, and of what speaks like them. It ends with the answer, and is not asked for again if that breaks off. With -o json every piece is a line, and the last one a report')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'At the end, say how much came, how fast, and what went wrong')
            [CompletionResult]::new('--diagnose', '--diagnose', [CompletionResultType]::ParameterName, 'Watch the stream for 35 seconds, or --for, and name what is wrong with it instead of showing it; compression is asked for, as browsers do. The exit code is 1 if there is a problem. With -o json each finding is a line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;send' {
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'A further topic that the event is for; may be repeated. It is one event, with one ID, which all of them have')
            [CompletionResult]::new('--to-user', '--to-user', [CompletionResultType]::ParameterName, 'Publish to the connections of this user, of a broker that asks for tokens; can be repeated')
            [CompletionResult]::new('--to-session', '--to-session', [CompletionResultType]::ParameterName, 'Publish to the connections of this session; can be repeated')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker to use when a topic is given instead of a URL')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated. One that may be a credential is not sent to another server, if it redirects there')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated. One that may be a credential is not sent to another server, if it redirects there')
            [CompletionResult]::new('--bearer', '--bearer', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Bearer TOKEN'' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--cookie', '--cookie', [CompletionResultType]::ParameterName, 'Add the header ''Cookie: …'' to every request')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of authority in this file (PEM), and no others')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Connect to this Unix socket, whatever host the URL names')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a request may take until its answer is there')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'How often a request that failed is repeated: one that was not answered only where a broker then takes it once, which is with --idempotency-key, with --ndjson, or where the target is a topic')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Publish the events of a recording (`sse listen --record`) at the distances that they had, or those of any other stream that was saved (`sse listen -o raw`), which has no times, one after the other; - is stdin. Type and data are kept, IDs are given anew')
            [CompletionResult]::new('--speed', '--speed', [CompletionResultType]::ParameterName, 'How many times as fast as it was recorded, such as 10 or 0.5; max is without pauses')
            [CompletionResult]::new('--wait-for-subscribers', '--wait-for-subscribers', [CompletionResultType]::ParameterName, 'Publish nothing before so many connections listen to the topic, to each of them if there are several')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'How long to wait for them at most; then nothing is published, and that is a failure')
            [CompletionResult]::new('--repeat', '--repeat', [CompletionResultType]::ParameterName, 'Publish the event N times, with the placeholders in its data filled in as --template does')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'The time from one of them to the next')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Publish at most so many events a second')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'The type of the event')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'The type of the event')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'An ID of your own for the event, instead of the broker''s')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'The reconnection time that its receivers are asked to use from then on')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Do not replay the event when it is older than this; 0s is for those who listen now')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The event is the current state of its topic under this key, which new subscribers get')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'A name for this act of publishing: a broker that has seen it publishes nothing again, and answers as it did. With --lines the name of a line is KEY#LINE, with --repeat and --replay that of an event KEY#NUMBER')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show what was published')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show what was published')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--broadcast', '--broadcast', [CompletionResultType]::ParameterName, 'Publish to all connections')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--ndjson', '--ndjson', [CompletionResultType]::ParameterName, 'Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl", "key"}. A target is then a URL to post to, that of the broker by default')
            [CompletionResult]::new('--keep-ids', '--keep-ids', [CompletionResultType]::ParameterName, 'Publish what is replayed under the IDs that it had; a broker wants every ID to be used once')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Fill in placeholders in the data, or in every line: `{{ n }}` (the number of the event or line), `{{ uuid }}`, `{{ now }}`, `{{ unix_ms }}`, `{{ random MIN MAX }}`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;publish' {
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'A further topic that the event is for; may be repeated. It is one event, with one ID, which all of them have')
            [CompletionResult]::new('--to-user', '--to-user', [CompletionResultType]::ParameterName, 'Publish to the connections of this user, of a broker that asks for tokens; can be repeated')
            [CompletionResult]::new('--to-session', '--to-session', [CompletionResultType]::ParameterName, 'Publish to the connections of this session; can be repeated')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker to use when a topic is given instead of a URL')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated. One that may be a credential is not sent to another server, if it redirects there')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated. One that may be a credential is not sent to another server, if it redirects there')
            [CompletionResult]::new('--bearer', '--bearer', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Bearer TOKEN'' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--cookie', '--cookie', [CompletionResultType]::ParameterName, 'Add the header ''Cookie: …'' to every request')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of authority in this file (PEM), and no others')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Connect to this Unix socket, whatever host the URL names')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a request may take until its answer is there')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'How often a request that failed is repeated: one that was not answered only where a broker then takes it once, which is with --idempotency-key, with --ndjson, or where the target is a topic')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Publish the events of a recording (`sse listen --record`) at the distances that they had, or those of any other stream that was saved (`sse listen -o raw`), which has no times, one after the other; - is stdin. Type and data are kept, IDs are given anew')
            [CompletionResult]::new('--speed', '--speed', [CompletionResultType]::ParameterName, 'How many times as fast as it was recorded, such as 10 or 0.5; max is without pauses')
            [CompletionResult]::new('--wait-for-subscribers', '--wait-for-subscribers', [CompletionResultType]::ParameterName, 'Publish nothing before so many connections listen to the topic, to each of them if there are several')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'How long to wait for them at most; then nothing is published, and that is a failure')
            [CompletionResult]::new('--repeat', '--repeat', [CompletionResultType]::ParameterName, 'Publish the event N times, with the placeholders in its data filled in as --template does')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'The time from one of them to the next')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Publish at most so many events a second')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'The type of the event')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'The type of the event')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'An ID of your own for the event, instead of the broker''s')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'The reconnection time that its receivers are asked to use from then on')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Do not replay the event when it is older than this; 0s is for those who listen now')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The event is the current state of its topic under this key, which new subscribers get')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'A name for this act of publishing: a broker that has seen it publishes nothing again, and answers as it did. With --lines the name of a line is KEY#LINE, with --repeat and --replay that of an event KEY#NUMBER')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show what was published')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show what was published')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--broadcast', '--broadcast', [CompletionResultType]::ParameterName, 'Publish to all connections')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--ndjson', '--ndjson', [CompletionResultType]::ParameterName, 'Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl", "key"}. A target is then a URL to post to, that of the broker by default')
            [CompletionResult]::new('--keep-ids', '--keep-ids', [CompletionResultType]::ParameterName, 'Publish what is replayed under the IDs that it had; a broker wants every ID to be used once')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Fill in placeholders in the data, or in every line: `{{ n }}` (the number of the event or line), `{{ uuid }}`, `{{ now }}`, `{{ unix_ms }}`, `{{ random MIN MAX }}`')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;bench' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker to use when a topic is given instead of a URL')
            [CompletionResult]::new('--subscribe-url', '--subscribe-url', [CompletionResultType]::ParameterName, 'The URL that subscribers read, on any server; with --publish-url. In it and in headers `{i}` stands for the number of the subscriber, from 0: each may have a URL of its own, and is expected to get every event of its topic all the same')
            [CompletionResult]::new('--publish-url', '--publish-url', [CompletionResultType]::ParameterName, 'The URL that takes an event''s data as the body of a POST; with --subscribe-url. In it and in headers `{i}` stands for the number of the publisher, from 0')
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'The system that is measured: how it is published to and subscribed to. Each of the two URLs can be given instead of the usual one')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'The topic, channel or whatever the system of --preset calls it; `bench` if it is not given')
            [CompletionResult]::new('--topics', '--topics', [CompletionResultType]::ParameterName, 'To how many topics the events go in turn; subscriber `i` listens to topic `i` modulo this number, and is expected to get the events of that topic. The number of the topic, from 0, stands for `{t}` in URLs, headers and --publish-body, or goes behind the name of the topic that is given: `bench-0`, `bench-1` and so on')
            [CompletionResult]::new('--subscribe-header', '--subscribe-header', [CompletionResultType]::ParameterName, 'Add a header to the requests of subscribers, such as ''X-Api-Key: …''; may be repeated')
            [CompletionResult]::new('--publish-header', '--publish-header', [CompletionResultType]::ParameterName, 'Add a header to the requests of publishers; may be repeated')
            [CompletionResult]::new('--subscribe-token', '--subscribe-token', [CompletionResultType]::ParameterName, 'The token of subscribers: ''Authorization: Bearer TOKEN'', or what the preset makes of it')
            [CompletionResult]::new('--publish-token', '--publish-token', [CompletionResultType]::ParameterName, 'The token of publishers, likewise')
            [CompletionResult]::new('--request-body', '--request-body', [CompletionResultType]::ParameterName, 'Ask for a stream with a POST of this body, or @FILE to read it from a file: `sse bench stream` only. In it `{i}` stands for the number of the subscriber')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'An event with just this data is the last of its stream, such as ''[DONE]'': `sse bench stream` only')
            [CompletionResult]::new('--publish-method', '--publish-method', [CompletionResultType]::ParameterName, 'The method of a publish')
            [CompletionResult]::new('--publish-body', '--publish-body', [CompletionResultType]::ParameterName, 'The body of a publish, or @FILE to read it from a file. In it `{payload}` stands for the data of the event, which needs no escaping in JSON and forms, `{i}` for the number of the publisher, and `{t}` for that of the topic')
            [CompletionResult]::new('--publish-refusal', '--publish-refusal', [CompletionResultType]::ParameterName, 'A publish is refused if the beginning of the answer''s body, 4 KiB, has this text in it, whatever its status')
            [CompletionResult]::new('--find-max', '--find-max', [CompletionResultType]::ParameterName, 'Find the highest rate at which this holds, such as p99<100ms or lost<=0.1%; may be given several times, and then all of them have to hold')
            [CompletionResult]::new('--find-max-connections', '--find-max-connections', [CompletionResultType]::ParameterName, 'The same for --connections, at a fixed --rate: find how many subscribers there can be. It begins with --connections, or 100, and ends where this process may open no more files')
            [CompletionResult]::new('--step-duration', '--step-duration', [CompletionResultType]::ParameterName, 'How long a step of a search is measured; longer if its figures need more events, 1,000 for p99')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'How many subscribers there are: 1000 if it is not given, and 1 with `stream`, whose requests may be dear')
            [CompletionResult]::new('--connections', '--connections', [CompletionResultType]::ParameterName, 'How many subscribers there are: 1000 if it is not given, and 1 with `stream`, whose requests may be dear')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'How many events are published per second')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'How many events are published per second')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'How long is measured')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'How long is measured')
            [CompletionResult]::new('--warmup', '--warmup', [CompletionResultType]::ParameterName, 'How long events are published before that, to warm up')
            [CompletionResult]::new('--drain', '--drain', [CompletionResultType]::ParameterName, 'How long deliveries are waited for after the last publish; less if everything is in before')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'The size of an event''s data: one size, a range such as 200..4k, of which each size is as likely, or several of either with weights, such as 200:90,4k:9,64k:1')
            [CompletionResult]::new('--publishers', '--publishers', [CompletionResultType]::ParameterName, 'How many publishers share the events; each has a connection of its own')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads share the subscribers')
            [CompletionResult]::new('--workers', '--workers', [CompletionResultType]::ParameterName, 'How many processes share the subscribers: 1 is this one alone, more are worker processes, of which each may open as many files. Without it, as many as the subscribers take: 1, unless they need more files than a process may open')
            [CompletionResult]::new('--ramp', '--ramp', [CompletionResultType]::ParameterName, 'How many subscribers connect per second; without it, as fast as the server answers')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How the report is written to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How the report is written to stdout')
            [CompletionResult]::new('--slow', '--slow', [CompletionResultType]::ParameterName, 'How many of the subscribers read slowly, such as 5%. They have an account of their own, and all other figures are of the others: beside those of a run without it they show what slow readers cost. That the server ends their streams is no fault')
            [CompletionResult]::new('--slow-rate', '--slow-rate', [CompletionResultType]::ParameterName, 'How much each of them reads per second, at most')
            [CompletionResult]::new('--drop', '--drop', [CompletionResultType]::ParameterName, '`sse bench reconnect`: how many of the subscribers drop their connections, all at once. They ask for new ones at once, with the ID of the last event that they got, and wait for no `retry:` of the server: that is the storm. Who fails tries again after 100 to 200 ms, and so does everybody whose stream the server ends')
            [CompletionResult]::new('--drop-after', '--drop-after', [CompletionResultType]::ParameterName, 'When the storm comes, from the beginning of the measured phase on [default: a third of --duration]')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, '`sse bench replay`: how many events are published before the subscribers come, as fast as the server takes them, or at --rate if that is given. Then each subscriber asks for all of them, with the ID of the event right before in `Last-Event-ID`; the run is over when all have all, or nothing more has come for --drain')
            [CompletionResult]::new('--server-pid', '--server-pid', [CompletionResultType]::ParameterName, 'The process of the server: the processor time and the memory that it and its children use are part of the report')
            [CompletionResult]::new('--spawn', '--spawn', [CompletionResultType]::ParameterName, 'Start the server with this command of the shell, wait until the target accepts connections, watch it as --server-pid does, and end it and all that it has started when the run is over')
            [CompletionResult]::new('--pin', '--pin', [CompletionResultType]::ParameterName, 'The processors that the server may run on and those that this program may: numbers and ranges, such as 0/1 or 0-2/3. For a server that is started by --spawn or because there is no target')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of authority in this file (PEM), and no others')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--streams-per-connection', '--streams-per-connection', [CompletionResultType]::ParameterName, 'How many streams share a connection with --http2; where the server allows fewer there are more connections')
            [CompletionResult]::new('--fail-if', '--fail-if', [CompletionResultType]::ParameterName, 'End with exit code 5 if this holds, such as p99>50ms, last.p99>=0.2s or lost>0.1%; may be given several times')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Compare with the report in this file, which --save-baseline or -o json wrote')
            [CompletionResult]::new('--regression', '--regression', [CompletionResultType]::ParameterName, 'By how much a time may be worse than in --baseline; more ends with exit code 5')
            [CompletionResult]::new('--runs', '--runs', [CompletionResultType]::ParameterName, 'How many times the same is run in a row; thresholds and baseline are held against the median of each figure')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report as a page for a browser: figures, charts, warnings, plan and environment')
            [CompletionResult]::new('--hgrm', '--hgrm', [CompletionResultType]::ParameterName, 'Write the percentiles of the main time to a file, as the plotters of `HdrHistogram` read them: of the latency; of `replay` the time until a subscriber had all, of `connect` and `idle` that to the first byte, of `stream` that to the first event')
            [CompletionResult]::new('--hlog', '--hlog', [CompletionResultType]::ParameterName, 'Write the histograms of each second to a file, as the tools for `HdrHistogram` logs read them: latency, server latency and send delay; connect and first byte of `connect`; first event and event gap of `stream`; and the other times of the whole run. Their tags say which they are')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write what happened in each second to a file: comma-separated values, and a header line that names them. The column `time` says which time the percentiles are of, the same as of --hgrm; it is empty with `replay` and `idle`, which have none in a second')
            [CompletionResult]::new('--save-baseline', '--save-baseline', [CompletionResultType]::ParameterName, 'Write the report as JSON to a file, for --baseline of later runs')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--clamp', '--clamp', [CompletionResultType]::ParameterName, 'Where more subscribers are asked for than fit into the files that this process and its workers may open: use as many as fit, and say so in the report')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, and what it needs, and do nothing')
            [CompletionResult]::new('--restart-server', '--restart-server', [CompletionResultType]::ParameterName, '`sse bench reconnect`: instead, stop the server with SIGTERM and start it again, with the same command at the same address. Streams come back when it does. Only for a server that --spawn has started, or for a broker of its own, which then has its history on the disk. Events that are due meanwhile are not sent')
            [CompletionResult]::new('--no-last-event-id', '--no-last-event-id', [CompletionResultType]::ParameterName, 'Send no `Last-Event-ID`, because the URL of subscribers asks for all that there is')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 as a subscriber, many streams on one connection: with TLS the server has to agree to it (ALPN), without it is spoken from the first byte. Publishers stay on HTTP/1.1')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;token' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Make a JSON Web Token and print it')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say what a token claims, what it may do at a broker with these options and this config file, and why not')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Say what a token claims, what it may do at a broker with these options and this config file, and why not')
            [CompletionResult]::new('hash', 'hash', [CompletionResultType]::ParameterValue, 'Make a static token, and the entry by which the config file knows it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'sse;token;mint' {
            [CompletionResult]::new('--jwt-secret', '--jwt-secret', [CompletionResultType]::ParameterName, 'The secret to sign with, 32 bytes at least; @FILE reads it from a file')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The private key to sign with (PEM, PKCS 8)')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'The algorithm [default: HS256, RS256, ES256, ES384 or `EdDSA`, as the key is]')
            [CompletionResult]::new('--kid', '--kid', [CompletionResultType]::ParameterName, 'The name of the key, for who has several to verify with')
            [CompletionResult]::new('--sub', '--sub', [CompletionResultType]::ParameterName, 'Whose the token is: the user of `$user/…`')
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'The session that it is for, of `$session/…`')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'A role; can be repeated')
            [CompletionResult]::new('--claim', '--claim', [CompletionResultType]::ParameterName, 'Another claim; can be repeated. A value that is JSON is taken as that, any other is text')
            [CompletionResult]::new('--subscribe', '--subscribe', [CompletionResultType]::ParameterName, 'A topic or pattern that it may subscribe to; can be repeated')
            [CompletionResult]::new('--publish', '--publish', [CompletionResultType]::ParameterName, 'A topic or pattern that it may publish to; can be repeated')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'Who issues it')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Whom it is for; can be repeated')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'After how long it is over; `never` is for a broker that accepts that [default: 1h]')
            [CompletionResult]::new('--not-before', '--not-before', [CompletionResultType]::ParameterName, 'From when on it is good: so long from now')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'It may see and end connections')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;token;inspect' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The config file of the broker')
            [CompletionResult]::new('--subscribe', '--subscribe', [CompletionResultType]::ParameterName, 'Whether it may subscribe to this topic or pattern; can be repeated')
            [CompletionResult]::new('--publish', '--publish', [CompletionResultType]::ParameterName, 'Whether it may publish to this topic; can be repeated')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'What it would listen to at this path of a [[route]], such as /sse/events?room=1; can be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How it is written')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How it is written')
            [CompletionResult]::new('--auth', '--auth', [CompletionResultType]::ParameterName, 'Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT')
            [CompletionResult]::new('--jwt-secret', '--jwt-secret', [CompletionResultType]::ParameterName, 'The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file')
            [CompletionResult]::new('--jwt-key', '--jwt-key', [CompletionResultType]::ParameterName, 'A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten minutes, and when a token names a key that is not among them')
            [CompletionResult]::new('--jwt-algorithm', '--jwt-algorithm', [CompletionResultType]::ParameterName, 'An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for]')
            [CompletionResult]::new('--jwt-issuer', '--jwt-issuer', [CompletionResultType]::ParameterName, 'Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key]')
            [CompletionResult]::new('--jwt-audience', '--jwt-audience', [CompletionResultType]::ParameterName, 'Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused')
            [CompletionResult]::new('--jwt-leeway', '--jwt-leeway', [CompletionResultType]::ParameterName, 'How far the clock of the issuer may be off [default: 10s]')
            [CompletionResult]::new('--jwt-roles', '--jwt-roles', [CompletionResultType]::ParameterName, 'The claim of a JWT that holds its roles: a text or a list [default: roles]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--jwt-allow-endless', '--jwt-allow-endless', [CompletionResultType]::ParameterName, 'Accept JWTs that never expire (without `exp`)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;token;verify' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The config file of the broker')
            [CompletionResult]::new('--subscribe', '--subscribe', [CompletionResultType]::ParameterName, 'Whether it may subscribe to this topic or pattern; can be repeated')
            [CompletionResult]::new('--publish', '--publish', [CompletionResultType]::ParameterName, 'Whether it may publish to this topic; can be repeated')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'What it would listen to at this path of a [[route]], such as /sse/events?room=1; can be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How it is written')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How it is written')
            [CompletionResult]::new('--auth', '--auth', [CompletionResultType]::ParameterName, 'Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT')
            [CompletionResult]::new('--jwt-secret', '--jwt-secret', [CompletionResultType]::ParameterName, 'The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file')
            [CompletionResult]::new('--jwt-key', '--jwt-key', [CompletionResultType]::ParameterName, 'A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten minutes, and when a token names a key that is not among them')
            [CompletionResult]::new('--jwt-algorithm', '--jwt-algorithm', [CompletionResultType]::ParameterName, 'An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for]')
            [CompletionResult]::new('--jwt-issuer', '--jwt-issuer', [CompletionResultType]::ParameterName, 'Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key]')
            [CompletionResult]::new('--jwt-audience', '--jwt-audience', [CompletionResultType]::ParameterName, 'Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused')
            [CompletionResult]::new('--jwt-leeway', '--jwt-leeway', [CompletionResultType]::ParameterName, 'How far the clock of the issuer may be off [default: 10s]')
            [CompletionResult]::new('--jwt-roles', '--jwt-roles', [CompletionResultType]::ParameterName, 'The claim of a JWT that holds its roles: a text or a list [default: roles]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--jwt-allow-endless', '--jwt-allow-endless', [CompletionResultType]::ParameterName, 'Accept JWTs that never expire (without `exp`)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;token;hash' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What the token is called where it is mentioned; each token of a config file has another name')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Take the token from stdin, 16 characters at least, instead of a random one')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;token;help' {
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Make a JSON Web Token and print it')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say what a token claims, what it may do at a broker with these options and this config file, and why not')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Say what a token claims, what it may do at a broker with these options and this config file, and why not')
            [CompletionResult]::new('hash', 'hash', [CompletionResultType]::ParameterValue, 'Make a static token, and the entry by which the config file knows it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'sse;token;help;mint' {
            break
        }
        'sse;token;help;inspect' {
            break
        }
        'sse;token;help;verify' {
            break
        }
        'sse;token;help;hash' {
            break
        }
        'sse;token;help;help' {
            break
        }
        'sse;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less: errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'sse;help' {
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run a broker: topics over HTTP, with replay')
            [CompletionResult]::new('listen', 'listen', [CompletionResultType]::ParameterValue, 'Show the events of a stream, and reconnect as a browser does')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Publish events to a broker, and print the ID that each was given')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Measure a server: many subscribers, events at a fixed rate, and what became of each')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Make tokens for a broker, and see what they may do and why not')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'sse;help;serve' {
            break
        }
        'sse;help;listen' {
            break
        }
        'sse;help;send' {
            break
        }
        'sse;help;bench' {
            break
        }
        'sse;help;token' {
            [CompletionResult]::new('mint', 'mint', [CompletionResultType]::ParameterValue, 'Make a JSON Web Token and print it')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say what a token claims, what it may do at a broker with these options and this config file, and why not')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Say what a token claims, what it may do at a broker with these options and this config file, and why not')
            [CompletionResult]::new('hash', 'hash', [CompletionResultType]::ParameterValue, 'Make a static token, and the entry by which the config file knows it')
            break
        }
        'sse;help;token;mint' {
            break
        }
        'sse;help;token;inspect' {
            break
        }
        'sse;help;token;verify' {
            break
        }
        'sse;help;token;hash' {
            break
        }
        'sse;help;completions' {
            break
        }
        'sse;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
