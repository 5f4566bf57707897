//! The stage on which ratatui draws: it keeps the size and the cursor, and sends nothing anywhere.
//!
//! `ratatui::Frame` is only handed out by `ratatui::Terminal`, which talks to its backend in many small pieces
//! even when nothing changed. This backend swallows them all; the finished buffer goes through our own encoder.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Size in, cursor out.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) size: Size,
    /// Where the last frame wants the cursor; `None` when hidden.
    /// Shared, because a finished frame keeps the stage borrowed.
    pub(super) cursor: Arc<Mutex<Option<Position>>>,
}

impl Canvas {
    fn point(&self, at: Option<Position>) {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Backend for Canvas {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(
        &mut self,
        _content: I,
    ) -> Result<(), Infallible> {
        // The iterator is lazy: ratatui's own comparison never runs.
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.point(None);
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.point(Some(position.into()));
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear_region(&mut self, _clear: ClearType) -> Result<(), Infallible> {
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
