//! Bodies of requests, read within limits: of each, of all together, and of patience.

use std::sync::Arc;

use affetti::ErrorKind;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::BodyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::{problem::Problem, settings::Bounds};

/// Memory is given out in pieces of so many bytes.
const PIECE: u64 = 64 << 10;

/// The memory for bodies.
#[derive(Debug)]
pub struct Uploads {
    room: Arc<Semaphore>,
    bounds: Bounds,
}

/// A body, and its share of the memory, which is free again when this is dropped.
#[derive(Debug)]
pub struct Upload {
    /// All of it.
    pub bytes: Arc<[u8]>,
    _room: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Upload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Uploads {
    /// Within `bounds`.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let pieces = usize::try_from(bounds.upload_bytes / PIECE).unwrap_or(usize::MAX);
        let room = Arc::new(Semaphore::new(pieces.clamp(1, Semaphore::MAX_PERMITS)));
        Self { room, bounds }
    }

    /// All of a body.
    ///
    /// # Errors
    /// One that is too large, too slow, or cut off; no room.
    pub async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Upload, Problem> {
        let limit = self.bounds.picture.max_bytes;
        let announced = headers.get(header::CONTENT_LENGTH);
        let announced: Option<u64> = announced.and_then(|n| n.to_str().ok()?.parse().ok());
        // Told before a byte of it is read.
        if announced.is_some_and(|n| n > limit) {
            return Err(too_large(limit));
        }
        let end = Instant::now() + self.bounds.whole;
        let mut body = body;
        let mut room: Option<OwnedSemaphorePermit> = None;
        let mut all: Vec<u8> = Vec::new();
        loop {
            let next = timeout(self.bounds.idle, timeout_at(end, body.frame())).await;
            let Ok(Ok(next)) = next else {
                return Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    ErrorKind::Limit,
                    "the upload came too slowly",
                ));
            };
            let Some(frame) = next else { break };
            let frame = frame.map_err(|_| {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    ErrorKind::Input,
                    "the upload broke off",
                )
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.take(&mut room, &mut all, &data)?;
        }
        Ok(Upload {
            bytes: all.into(),
            _room: room,
        })
    }

    /// Bytes that are there already.
    ///
    /// # Errors
    /// No room.
    pub fn hold(&self, bytes: Arc<[u8]>) -> Result<Upload, Problem> {
        let pieces = (bytes.len() as u64).div_ceil(PIECE);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(pieces);
        let room = room.map_err(|_| Problem::busy("too many pictures at once", 2))?;
        Ok(Upload {
            bytes,
            _room: Some(room),
        })
    }

    /// Adds a piece of a body, where there is room for it.
    fn take(
        &self,
        room: &mut Option<OwnedSemaphorePermit>,
        all: &mut Vec<u8>,
        data: &Bytes,
    ) -> Result<(), Problem> {
        let limit = self.bounds.picture.max_bytes;
        let length = (all.len() + data.len()) as u64;
        if length > limit {
            return Err(too_large(limit));
        }
        let has = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) as u64;
        let needs = length.div_ceil(PIECE).saturating_sub(has);
        if needs > 0 {
            let needs = u32::try_from(needs).unwrap_or(u32::MAX);
            let more = Arc::clone(&self.room).try_acquire_many_owned(needs);
            let more = more.map_err(|_| Problem::busy("too many uploads at once", 2))?;
            match room {
                Some(room) => room.merge(more),
                None => *room = Some(more),
            }
        }
        all.extend_from_slice(data);
        Ok(())
    }
}

fn too_large(limit: u64) -> Problem {
    let mib = limit >> 20;
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Limit,
        format!("more than {mib} MiB; make it smaller"),
    )
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Uploads};
    use crate::settings::Bounds;
    use axum::{body::Body, http::HeaderMap};
    use std::time::Duration;

    fn uploads() -> Uploads {
        let mut bounds = Bounds {
            upload_bytes: 4 * PIECE,
            idle: Duration::from_millis(30),
            ..Bounds::default()
        };
        bounds.picture.max_bytes = 3 * PIECE;
        Uploads::new(bounds)
    }

    async fn read(uploads: &Uploads, bytes: usize) -> Result<super::Upload, u16> {
        let body = Body::from(vec![7; bytes]);
        let read = uploads.read(&HeaderMap::new(), body).await;
        read.map_err(|problem| problem.status.as_u16())
    }

    #[tokio::test]
    async fn bodies_are_read_within_their_limits() {
        let uploads = uploads();
        let small = read(&uploads, 5).await.unwrap();
        assert_eq!(&small.bytes[..], [7; 5]);
        let piece = usize::try_from(PIECE).unwrap();
        assert_eq!(read(&uploads, 3 * piece + 1).await.unwrap_err(), 413);
        // One piece is taken by the small one.
        let large = read(&uploads, 3 * piece).await.unwrap();
        assert_eq!(read(&uploads, 1).await.unwrap_err(), 429);
        drop(large);
        assert!(read(&uploads, 1).await.is_ok());
    }

    #[tokio::test]
    async fn what_stands_still_is_given_up() {
        let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let body = Body::from_stream(never);
        let read = uploads().read(&HeaderMap::new(), body).await;
        assert_eq!(read.unwrap_err().status.as_u16(), 408);
    }
}
