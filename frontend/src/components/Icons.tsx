interface Props {
  size?: number;
}

function Glyph({ size = 16, children }: Props & { children: React.ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const CopyIcon = (props: Props) => (
  <Glyph {...props}>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
  </Glyph>
);

export const DoneIcon = (props: Props) => (
  <Glyph {...props}>
    <path d="M3 8.5l3.2 3.2L13 4.8" />
  </Glyph>
);

export const SunIcon = (props: Props) => (
  <Glyph {...props}>
    <circle cx="8" cy="8" r="3" />
    <path d="M8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1" />
  </Glyph>
);

export const MoonIcon = (props: Props) => (
  <Glyph {...props}>
    <path d="M13.2 9.8A5.8 5.8 0 0 1 6.2 2.8a5.6 5.6 0 1 0 7 7z" />
  </Glyph>
);

export const BranchIcon = (props: Props) => (
  <Glyph {...props}>
    <circle cx="4.5" cy="3.5" r="1.6" />
    <circle cx="4.5" cy="12.5" r="1.6" />
    <circle cx="11.5" cy="5.5" r="1.6" />
    <path d="M4.5 5.1v5.8M11.5 7.1c0 2.6-3.4 2-5.6 4.2" />
  </Glyph>
);

export const LeaveIcon = (props: Props) => (
  <Glyph {...props}>
    <path d="M6.5 3.5h-3v9h9v-3M9.5 2.5h4v4M13 3L7.5 8.5" />
  </Glyph>
);

export const WarningIcon = (props: Props) => (
  <Glyph {...props}>
    <path d="M8 2.2l6.2 11.2H1.8zM8 6.6v3M8 11.6v.1" />
  </Glyph>
);

/** The mark: a hull in its lane, and the way ahead. */
export const Mark = ({ size = 26 }: Props) => (
  <svg width={size} height={size} viewBox="0 0 26 26" fill="none" aria-hidden="true">
    <path d="M1 8.2h12.6l4.8 4.8-4.8 4.8H1l3-4.8z" fill="currentColor" />
    <path
      d="M19 7.6l5.4 5.4-5.4 5.4"
      stroke="var(--beacon)"
      strokeWidth="2.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  </svg>
);
