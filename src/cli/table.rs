//! Text in columns for people.

use crate::model::fit;

/// Lines of cells in columns as wide as their widest cell, two spaces apart.
#[must_use]
pub fn columns(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|h| fit::width(h)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(fit::width(cell));
        }
    }
    let mut out = String::new();
    let heads: Vec<String> = heads.iter().map(|h| h.to_uppercase()).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - fit::width(cell) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_the_eye_sees() {
        let text = columns(
            &["name", "n"],
            &[
                vec!["東京".into(), "1".into()],
                vec!["a".into(), "22".into()],
            ],
        );
        assert_eq!(text, "NAME  N\n東京  1\na     22\n");
    }
}
