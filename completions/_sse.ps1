
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
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'sse;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The address and port to listen on; port 0 takes a free one')
            [CompletionResult]::new('--heartbeat', '--heartbeat', [CompletionResultType]::ParameterName, 'Send a comment on a stream after this long without an event')
            [CompletionResult]::new('--drain', '--drain', [CompletionResultType]::ParameterName, 'Over how long streams are ended when the broker stops, at most 1000 a second, so that not all clients come back at once')
            [CompletionResult]::new('--shutdown-event', '--shutdown-event', [CompletionResultType]::ParameterName, 'Send an event of this type on every stream before the broker stops')
            [CompletionResult]::new('--cors-origin', '--cors-origin', [CompletionResultType]::ParameterName, 'An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page from this machine, `null` a page from a file, `*` every page')
            [CompletionResult]::new('--allow-host', '--allow-host', [CompletionResultType]::ParameterName, 'A name under which a proxy asks for the broker while that listens on loopback; can be repeated. Other names are refused there, so that no foreign page can reach it by pointing its own name here')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Speak TLS with the certificate chain in this PEM file')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The private key of the certificate, as a PEM file')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Keep the history in this directory, so that it outlasts the broker; without it, it is in memory')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'When a publisher is told that its event is stored: `commit` is when the disk has it, `interval=DURATION` does not wait for that and brings it to the disk within that time')
            [CompletionResult]::new('--retain-events', '--retain-events', [CompletionResultType]::ParameterName, 'Keep at most this many events')
            [CompletionResult]::new('--retain-bytes', '--retain-bytes', [CompletionResultType]::ParameterName, 'Keep at most this much: of memory, bookkeeping included, or of the disk')
            [CompletionResult]::new('--retain-age', '--retain-age', [CompletionResultType]::ParameterName, 'Keep no event for longer than this, but the current state of a topic: the newest event of each `key`')
            [CompletionResult]::new('--idempotency-window', '--idempotency-window', [CompletionResultType]::ParameterName, 'Remember for this long which `Idempotency-Key` came with which event')
            [CompletionResult]::new('--shards', '--shards', [CompletionResultType]::ParameterName, 'How many threads write to streams [default: one per core]')
            [CompletionResult]::new('--tail-bytes', '--tail-bytes', [CompletionResultType]::ParameterName, 'How much of the newest events is shared by the streams that keep up')
            [CompletionResult]::new('--slow-consumer', '--slow-consumer', [CompletionResultType]::ParameterName, 'What becomes of a client that reads slowly: `catch-up` reads on for it from the history, `disconnect` cuts it when it is behind the shared newest events')
            [CompletionResult]::new('--max-event-size', '--max-event-size', [CompletionResultType]::ParameterName, 'The largest data of one event')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'How many streams may be open at once [default: what the limit of open files allows]')
            [CompletionResult]::new('--max-connections-per-address', '--max-connections-per-address', [CompletionResultType]::ParameterName, 'How many streams one address may have open at once [default: no bound]')
            [CompletionResult]::new('--max-subscribe-rate', '--max-subscribe-rate', [CompletionResultType]::ParameterName, 'How many streams one address may open per second [default: no bound]')
            [CompletionResult]::new('--max-topics', '--max-topics', [CompletionResultType]::ParameterName, 'How many topics and patterns one stream may name')
            [CompletionResult]::new('--header-timeout', '--header-timeout', [CompletionResultType]::ParameterName, 'How long a client may take to send the head of a request, and a connection may be idle between requests')
            [CompletionResult]::new('--body-timeout', '--body-timeout', [CompletionResultType]::ParameterName, 'How long a client may take to send the body of an event or of a JSON batch')
            [CompletionResult]::new('--max-header-size', '--max-header-size', [CompletionResultType]::ParameterName, 'The largest head of a request; 8 KiB are allowed in any case')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--tls-self-signed', '--tls-self-signed', [CompletionResultType]::ParameterName, 'Speak TLS with a certificate that is made on the spot and that nobody can verify: for trying things out')
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
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated')
            [CompletionResult]::new('--bearer', '--bearer', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Bearer TOKEN'' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Add the header ''Authorization: Basic …'' for this user to every request; goes before --bearer')
            [CompletionResult]::new('--cookie', '--cookie', [CompletionResultType]::ParameterName, 'Add the header ''Cookie: …'' to every request')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'The request method: GET, or POST where there is data to send')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'The request method: GET, or POST where there is data to send')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin. It is sent as application/json if it is JSON, as text/plain if not, unless --header says otherwise')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin. It is sent as application/json if it is JSON, as text/plain if not, unless --header says otherwise')
            [CompletionResult]::new('--last-event-id', '--last-event-id', [CompletionResultType]::ParameterName, 'Resume after the event with this ID')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of authority in this file (PEM), and no others')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Connect to this Unix socket, whatever host the URL names')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'The time before reconnecting until the server sets its own; 0ms is possible')
            [CompletionResult]::new('--max-backoff', '--max-backoff', [CompletionResultType]::ParameterName, 'The longest time before reconnecting, whatever the server asks for. Without it 30s after repeated failures, and 24h for what the server asks')
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
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'End at an event whose data or type is this, such as [DONE]; it is not shown')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'End after this many events have been shown')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'End after this many events have been shown')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'End after this time')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Run this shell command for each event, with its data on stdin and `SSE_TYPE`, `SSE_ID` and `SSE_DATA` in its environment. What the command prints takes the place of the event, unless --output is given')
            [CompletionResult]::new('--exec-jobs', '--exec-jobs', [CompletionResultType]::ParameterName, 'Commands that run at once; with more than one they may end in another order')
            [CompletionResult]::new('--forward-to', '--forward-to', [CompletionResultType]::ParameterName, 'POST each event to this URL, one after the other: the body is its data, the headers Sse-Event and Sse-Id its type and ID. What fails is sent again')
            [CompletionResult]::new('--forward-retries', '--forward-retries', [CompletionResultType]::ParameterName, 'How often an event that was not taken is sent again, at growing intervals')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record the events with their times in this file, which `sse listen FILE` shows and `sse send --replay FILE` plays')
            [CompletionResult]::new('--resume-file', '--resume-file', [CompletionResultType]::ParameterName, 'Resume after the ID that this file holds, and keep that of the last event in it. An event counts when it has been shown and done with')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM, unencrypted)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--compressed', '--compressed', [CompletionResultType]::ParameterName, 'Ask for compression, as browsers do (gzip, deflate, br, zstd). What comes compressed is decompressed in any case')
            [CompletionResult]::new('--any-content-type', '--any-content-type', [CompletionResultType]::ParameterName, 'Read the answer as an event stream whatever its content type says')
            [CompletionResult]::new('--resume-with-get', '--resume-with-get', [CompletionResultType]::ParameterName, 'After a POST go on with a GET, without the body and with the Mcp-Session-Id of the first answer, as MCP''s streamable HTTP does. An answer of JSON is then shown too, and it is done when every JSON-RPC request of the body has its response')
            [CompletionResult]::new('--curl', '--curl', [CompletionResultType]::ParameterName, 'Print the curl command that makes the same request, and end')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case')
            [CompletionResult]::new('--no-reconnect', '--no-reconnect', [CompletionResultType]::ParameterName, 'End when the stream does; a stream that breaks off is then a failure')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Keep trying if the first connection fails, too')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Show the time of each event in full (RFC 3339): before it, or as `time` in JSON')
            [CompletionResult]::new('--delta', '--delta', [CompletionResultType]::ParameterName, 'Show the time since the event before: before each, or as `delta_ms` in JSON')
            [CompletionResult]::new('--comments', '--comments', [CompletionResultType]::ParameterName, 'Show comments (`-o pretty` and `-o json`)')
            [CompletionResult]::new('--lifecycle', '--lifecycle', [CompletionResultType]::ParameterName, 'Show also what is not an event: connections, comments and new reconnection times (`-o pretty` and `-o json`)')
            [CompletionResult]::new('--llm', '--llm', [CompletionResultType]::ParameterName, 'Show the answer of a language model as text, as it arrives, and how fast it came: streams of OpenAI (chat and responses), Anthropic, Gemini and Ollama, and of what speaks like them. It ends with the answer')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'At the end, say how much came, how fast, and what went wrong')
            [CompletionResult]::new('--diagnose', '--diagnose', [CompletionResultType]::ParameterName, 'Watch the stream for 35 seconds, or --for, and name what is wrong with it instead of showing it')
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
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker to use when a topic is given instead of a URL')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated')
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
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--ndjson', '--ndjson', [CompletionResultType]::ParameterName, 'Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl", "key"}. A target is then a URL to post to, that of the broker by default')
            [CompletionResult]::new('--keep-ids', '--keep-ids', [CompletionResultType]::ParameterName, 'Publish what is replayed under the IDs that it had; a broker wants every ID to be used once')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Fill in placeholders in the data, or in every line: `{{n}}` (the number of the event or line), `{{uuid}}`, `{{now}}`, `{{unix_ms}}`, `{{random MIN MAX}}`')
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
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker to use when a topic is given instead of a URL')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a header to every request, such as ''X-Api-Key: …''; may be repeated')
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
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take any certificate: the connection is then encrypted, and to nobody knows whom')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Publish each line of stdin as an event')
            [CompletionResult]::new('--ndjson', '--ndjson', [CompletionResultType]::ParameterName, 'Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl", "key"}. A target is then a URL to post to, that of the broker by default')
            [CompletionResult]::new('--keep-ids', '--keep-ids', [CompletionResultType]::ParameterName, 'Publish what is replayed under the IDs that it had; a broker wants every ID to be used once')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Fill in placeholders in the data, or in every line: `{{n}}` (the number of the event or line), `{{uuid}}`, `{{now}}`, `{{unix_ms}}`, `{{random MIN MAX}}`')
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
            [CompletionResult]::new('--subscribe-url', '--subscribe-url', [CompletionResultType]::ParameterName, 'The URL that subscribers read, on any server; with --publish-url')
            [CompletionResult]::new('--publish-url', '--publish-url', [CompletionResultType]::ParameterName, 'The URL that takes an event''s data as the body of a POST; with --subscribe-url')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'How many subscribers there are')
            [CompletionResult]::new('--connections', '--connections', [CompletionResultType]::ParameterName, 'How many subscribers there are')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'How many events are published per second')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'How many events are published per second')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'How long is measured')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'How long is measured')
            [CompletionResult]::new('--warmup', '--warmup', [CompletionResultType]::ParameterName, 'How long events are published before that, to warm up')
            [CompletionResult]::new('--drain', '--drain', [CompletionResultType]::ParameterName, 'How long deliveries are waited for after the last publish; less if everything is in before')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'The size of an event''s data')
            [CompletionResult]::new('--publishers', '--publishers', [CompletionResultType]::ParameterName, 'How many publishers share the events; each has a connection of its own')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads share the subscribers')
            [CompletionResult]::new('--ramp', '--ramp', [CompletionResultType]::ParameterName, 'How many subscribers connect per second; without it, as fast as the server answers')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How the report is written to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How the report is written to stdout')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report as a page for a browser: figures, charts, warnings, plan and environment')
            [CompletionResult]::new('--hgrm', '--hgrm', [CompletionResultType]::ParameterName, 'Write the percentiles of the latency to a file, as the plotters of `HdrHistogram` read them')
            [CompletionResult]::new('--hlog', '--hlog', [CompletionResultType]::ParameterName, 'Write the histograms of each second to a file, as the tools for `HdrHistogram` logs read them: latency, server latency and send delay, and those of the whole run')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write what happened in each second to a file: comma-separated values, and a header line that names them')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, and what it needs, and do nothing')
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
