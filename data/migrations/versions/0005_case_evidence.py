"""What evidence and pictures need: how each part was captured, picture hashes, exported cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

ADDED = {
    'evidence': ('http_status', 'headers', 'tool', 'quality', 'stored_size', 'purge_reason'),
    'home': ('pictures_of', 'evidence_budget_mb', 'timestamp_authority'),
}


def _json():
    return sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('http_status', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('headers', _json(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('tool', sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('quality', sa.String(length=40), nullable=False, server_default='bytes_only'))
        batch_op.add_column(sa.Column('stored_size', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('purge_reason', sa.Text(), nullable=False, server_default=''))
    # What lies there already counts against the budget: about a quarter of its size, once each.
    op.execute(
        'UPDATE evidence SET stored_size = size / 4 WHERE purged_at IS NULL'
        ' AND id IN (SELECT min(id) FROM evidence GROUP BY sha256)'
    )
    with op.batch_alter_table('home', schema=None) as batch_op:
        batch_op.add_column(sa.Column('pictures_of', sa.String(length=40), nullable=False, server_default='flagged'))
        batch_op.add_column(sa.Column('evidence_budget_mb', sa.Integer(), nullable=False, server_default='20000'))
        batch_op.add_column(sa.Column('timestamp_authority', sa.String(), nullable=False, server_default=''))
    op.create_table('pictures',
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('form', sa.String(), nullable=False),
    sa.Column('is_plain', sa.Boolean(), nullable=False),
    sa.Column('dhash', sa.BigInteger(), nullable=False),
    sa.Column('phash', sa.BigInteger(), nullable=False),
    sa.Column('mirrored_dhash', sa.BigInteger(), nullable=False),
    sa.Column('mirrored_phash', sa.BigInteger(), nullable=False),
    sa.Column('trimmed_dhash', sa.BigInteger(), nullable=False),
    sa.Column('trimmed_phash', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_pictures'))
    )
    op.create_table('picture_tries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('listing_id', sa.Integer(), nullable=False),
    sa.Column('sighting_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_picture_tries_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_picture_tries_listing_id_listings')),
    sa.ForeignKeyConstraint(['sighting_id'], ['sightings.id'], name=op.f('fk_picture_tries_sighting_id_sightings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_picture_tries'))
    )
    with op.batch_alter_table('picture_tries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_picture_tries_at'), ['at'], unique=False)
        batch_op.create_index('ix_picture_tries_listing_id_address', ['listing_id', 'address'], unique=False)
        batch_op.create_index(batch_op.f('ix_picture_tries_sighting_id'), ['sighting_id'], unique=False)

    op.create_table('case_exports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('listings', _json(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('package_sha256', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('dating', sa.String(length=40), nullable=False),
    sa.Column('authority', sa.Text(), nullable=False),
    sa.Column('token_sha256', sa.String(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_exports'))
    )
    with op.batch_alter_table('case_exports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_exports_made_at'), ['made_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_exports_subject'), ['subject'], unique=False)

    op.create_table('custody_rows',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('export_id', sa.Integer(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('detail', _json(), nullable=False),
    sa.Column('audit_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['audit_id'], ['audit_rows.id'], name=op.f('fk_custody_rows_audit_id_audit_rows')),
    sa.ForeignKeyConstraint(['export_id'], ['case_exports.id'], name=op.f('fk_custody_rows_export_id_case_exports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custody_rows'))
    )
    with op.batch_alter_table('custody_rows', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_custody_rows_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_custody_rows_export_id'), ['export_id'], unique=False)


def downgrade() -> None:
    for table in ('custody_rows', 'case_exports', 'picture_tries', 'pictures'):
        op.drop_table(table)
    # Plain statements: rebuilding a table that others point to is refused where foreign keys are checked.
    for table, columns in ADDED.items():
        for column in columns:
            op.execute(f'ALTER TABLE {table} DROP COLUMN {column}')
