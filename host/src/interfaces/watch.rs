//! News that addresses, links or routes changed; not which ones: the list is short and read anew.

use std::io;
#[cfg(target_os = "linux")]
use {
    rustix::fd::OwnedFd,
    rustix::io::Errno,
    rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, netlink::SocketAddrNetlink},
    std::thread,
    tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError},
};

/// Says when the addresses may have changed.
#[derive(Debug)]
pub struct Watch {
    #[cfg(target_os = "linux")]
    news: Receiver<io::Result<()>>,
}

/// On Linux the kernel tells, over route netlink (rtnetlink(7)).
#[cfg(target_os = "linux")]
impl Watch {
    /// Subscribes to the kernel's news. A thread waits for them, since tokio takes no sockets of this
    /// family without unsafe code; it ends with the process.
    ///
    /// # Errors
    ///
    /// Where the system has no route netlink, as in some sandboxes.
    pub fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC;
        let socket =
            rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let (to, news) = channel(1);
        thread::Builder::new()
            .name("addresses".to_owned())
            .spawn(move || listen(&socket, &to))?;
        Ok(Self { news })
    }

    /// Waits for the next change; many at once are one.
    ///
    /// # Errors
    ///
    /// When the subscription is lost.
    pub async fn changed(&mut self) -> io::Result<()> {
        self.news
            .recv()
            .await
            .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }
}

/// Passes news on until they end or nobody waits for them. What they say is not looked at.
#[cfg(target_os = "linux")]
fn listen(socket: &OwnedFd, to: &Sender<io::Result<()>>) {
    loop {
        let news = match rustix::net::recv(socket, &mut [0; 4096][..], RecvFlags::empty()) {
            // The kernel had more news than room for them: they are news all the same.
            Ok(_) | Err(Errno::NOBUFS) => Ok(()),
            Err(Errno::INTR) => continue,
            Err(error) => Err(error.into()),
        };
        let is_last = news.is_err();
        // A channel that is full holds the same news already.
        if matches!(to.try_send(news), Err(TrySendError::Closed(_))) || is_last {
            return;
        }
    }
}

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR` and
/// `RTMGRP_IPV6_ROUTE` of `linux/rtnetlink.h`.
#[cfg(target_os = "linux")]
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// Elsewhere the list is read again every two seconds: a few system calls, against one more
/// dependency for each system.
#[cfg(not(target_os = "linux"))]
impl Watch {
    /// Does nothing here.
    ///
    /// # Errors
    ///
    /// None here.
    pub fn open() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits until it is time to look again.
    ///
    /// # Errors
    ///
    /// None here.
    pub async fn changed(&mut self) -> io::Result<()> {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        Ok(())
    }
}
