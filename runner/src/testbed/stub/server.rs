//! The HTTP server of a testbed: the only mirror in there. It records the requests. It is a thread of PID 1, so it does
//! not count as a process that a command left behind, and it ends with the testbed.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pmsts_eclass_templates::Answer;
use pmsts_testcases::model::SERVER;

/// How long to wait for a client that sends or takes nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest request, in bytes.
const REQUEST_BYTES: u64 = 16 * 1024;

/// The most requests of one command that are recorded.
const MOST_REQUESTS: usize = 1000;

type Requests = Arc<Mutex<Vec<String>>>;

/// The server; it does not listen if there is nothing to serve.
pub(super) struct Server {
    requests: Requests,
}

impl Server {
    /// Starts the server.
    pub(super) fn start(served: &BTreeMap<String, Answer>) -> io::Result<Self> {
        let requests = Requests::default();
        if !served.is_empty() {
            let listener = TcpListener::bind(SERVER.trim_start_matches("http://"))?;
            let (served, requests) = (served.clone(), Arc::clone(&requests));
            thread::Builder::new().spawn(move || {
                // One after another, so that they are recorded in their order.
                for stream in listener.incoming().flatten() {
                    // The client may have gone.
                    let _ = answer(&stream, &served, &requests);
                }
            })?;
        }
        Ok(Self { requests })
    }

    /// The paths requested since the last call.
    pub(super) fn take_requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *requests)
    }
}

fn answer(
    mut stream: &TcpStream,
    served: &BTreeMap<String, Answer>,
    requests: &Requests,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some((method, path)) = request(stream)? else {
        return Ok(());
    };
    let mut kept = requests.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < MOST_REQUESTS {
        kept.push(path.clone());
    }
    drop(kept);
    let (status, body) = served
        .get(&path)
        .map_or((404, &b""[..]), |it| (it.status, &it.body.0[..]));
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    if method != "HEAD" {
        stream.write_all(body)?;
    }
    Ok(())
}

/// Reads a request up to its empty line; returns its method and path.
fn request(stream: &TcpStream) -> io::Result<Option<(String, String)>> {
    let mut lines = BufReader::new(stream.take(REQUEST_BYTES)).lines();
    let Some(first) = lines.next().transpose()? else {
        return Ok(None);
    };
    for line in lines {
        if line?.is_empty() {
            let mut words = first.split(' ').map(str::to_owned);
            return Ok(words.next().zip(words.next()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(asked: &str) -> (String, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(asked.as_bytes()).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let found = Answer {
            status: 200,
            body: "text".into(),
        };
        let requests = Requests::default();
        answer(&stream, &[("/a".to_owned(), found)].into(), &requests).unwrap();
        drop(stream);
        let mut answered = String::new();
        client.read_to_string(&mut answered).unwrap();
        let kept = requests.lock().unwrap().clone();
        (answered, kept)
    }

    #[test]
    fn what_is_served_is_sent_and_the_request_is_kept() {
        let (answered, kept) = exchange("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(answered.starts_with("HTTP/1.1 200 "), "{answered}");
        assert!(answered.ends_with("\r\n\r\ntext"), "{answered}");
        assert_eq!(kept, ["/a"]);
    }

    #[test]
    fn what_is_not_served_is_kept_too() {
        let (answered, kept) = exchange("GET /b HTTP/1.1\r\n\r\n");
        assert!(answered.starts_with("HTTP/1.1 404 "), "{answered}");
        assert_eq!(kept, ["/b"]);
    }

    #[test]
    fn half_a_request_is_none() {
        let (answered, kept) = exchange("GET /a HTTP/1.1\r\nHost");
        assert_eq!((answered.as_str(), kept.len()), ("", 0));
    }
}
